/** Work under one key, one piece after another, in the order it was asked for. */

const tails = new Map<string, Promise<unknown>>();

/** Runs `work` after all earlier work of the same key has ended, well or badly; keys do not wait for each other. */
export async function inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
  const before = tails.get(key);
  const mine = (async () => {
    await before?.catch(() => undefined); // its own caller gets that error
    return await work();
  })();
  tails.set(key, mine);
  try {
    return await mine;
  } finally {
    if (tails.get(key) === mine) tails.delete(key);
  }
}

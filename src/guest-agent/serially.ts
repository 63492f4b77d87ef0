/** Work on one thing happens one piece at a time, in the order asked for; other things are not held up. */
const tails = new Map<string, Promise<unknown>>();

export function serially<T>(thing: string, work: () => Promise<T>): Promise<T> {
  const before = tails.get(thing) ?? Promise.resolve();
  const mine = before.then(work, work); // the one before reports its own failure
  const tail = mine.catch(() => undefined);
  tails.set(thing, tail);
  void tail.then(() => {
    if (tails.get(thing) === tail) tails.delete(thing);
  });
  return mine;
}

/**
 * Paired measuring: every contestant has one turn in every round, A B C, A B C, …, so that whatever else the machine
 * does meets all of them alike. A round before the first warms up, and is not counted.
 */

/** What a contestant did in its turn. */
export type Turn = {
  calls: number;
  elapsedMs: number;
  /** ms that each call took; empty when single calls cannot be told apart. */
  latenciesMs: readonly number[];
};

export type Contestant = { name: string; takeTurn(signal: AbortSignal): Promise<Turn> };

/** A contestant's turns, one a round. */
export type Series = { name: string; turns: readonly Turn[] };

export async function playRounds(
  contestants: readonly Contestant[],
  rounds: number,
  signal: AbortSignal,
): Promise<Series[]> {
  const all = contestants.map(({ name }) => ({ name, turns: [] as Turn[] }));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, contestant] of contestants.entries()) {
      signal.throwIfAborted();
      const turn = await contestant.takeTurn(signal);
      if (round > 0) all[index]?.turns.push(turn);
    }
  }
  return all;
}

/** A turn of `calls` calls, `inFlight` of them at a time. */
export async function takeTurn(calls: number, inFlight: number, call: () => Promise<unknown>): Promise<Turn> {
  const latenciesMs: number[] = [];
  let left = calls;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      const begin = performance.now();
      await call();
      latenciesMs.push(performance.now() - begin);
    }
  };
  const begin = performance.now();
  await Promise.all(Array.from({ length: inFlight }, worker));
  return { calls, elapsedMs: performance.now() - begin, latenciesMs };
}

export const ratesOf = ({ turns }: Series): number[] =>
  turns.map(({ calls, elapsedMs }) => (calls / elapsedMs) * 1_000);

export const latenciesOf = ({ turns }: Series): number[] => turns.flatMap(({ latenciesMs }) => latenciesMs);

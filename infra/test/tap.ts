/** Counts the results in a TAP stream, whatever pieces it comes in. */

export type Counts = { passed: number; failed: number; skipped: number };

export const noCounts: Counts = { passed: 0, failed: 0, skipped: 0 };

export const addCounts = (a: Counts, b: Counts): Counts => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
});

export const formatCounts = ({ passed, failed, skipped }: Counts): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;

/** A directive counts as skipped whether it was to be run later (`TODO`) or not here (`SKIP`). */
function judge(line: string): keyof Counts | undefined {
  const result = /^(not )?ok\b/.exec(line);
  if (result === null) return undefined;
  if (/ # (skip|todo)\b/i.test(line)) return 'skipped';
  return result[1] === undefined ? 'passed' : 'failed';
}

export type TapCounter = { add(text: string): void; counts(): Counts };

/** Diagnostics are indented or begin with `#`, so a result is known by the start of its line. */
export function countTap(): TapCounter {
  const counts = { ...noCounts };
  let rest = '';
  const take = (line: string) => {
    const verdict = judge(line);
    if (verdict !== undefined) counts[verdict] += 1;
  };
  return {
    add(text) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(take);
    },
    counts() {
      take(rest);
      rest = '';
      return { ...counts };
    },
  };
}

/** Names what is being done, and remembers how long it took. */

export class PhaseError extends Error {
  readonly phase: string;

  constructor(phase: string, cause: unknown) {
    super(`failed in phase "${phase}": ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'PhaseError';
    this.phase = phase;
  }
}

export type Row = { phase: string; durationMs: number };

export type Timeline = {
  /** @throws PhaseError that names the phase, with what was thrown as its cause. */
  phase<T>(name: string, work: () => Promise<T>): Promise<T>;
  rows(): readonly Row[];
};

/** `before`: phases that were over before this began. */
export function startTimeline(say: (line: string) => void, before: readonly Row[] = []): Timeline {
  const rows = [...before];
  return {
    async phase(name, work) {
      const startedAt = performance.now();
      say(`\n== ${name}`);
      try {
        return await work();
      } catch (error) {
        throw error instanceof PhaseError ? error : new PhaseError(name, error);
      } finally {
        rows.push({ phase: name, durationMs: performance.now() - startedAt });
      }
    },
    rows: () => rows,
  };
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1).padStart(7)} s`;

/** Where the time went, one line a phase, and the sum. */
export function formatTimeline(rows: readonly Row[]): string {
  const width = Math.max(5, ...rows.map(({ phase }) => phase.length));
  const sum = rows.reduce((total, { durationMs }) => total + durationMs, 0);
  const line = (name: string, ms: number) => `  ${name.padEnd(width)} ${seconds(ms)}`;
  return [
    'Where the time went',
    ...rows.map((row) => line(row.phase, row.durationMs)),
    line('total', sum),
  ].join('\n');
}

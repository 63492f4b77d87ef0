/**
 * Shows a running operation on stderr.
 *
 *   terminal:      each ended phase leaves a line; the running one is a live line, redrawn in place
 *   no terminal:   a line when a phase ends, and while one runs a line at most every 5 s and only with news
 *                  (or after 30 s of silence, so that a log shows life)
 *
 * Control sees to it that progress never runs backwards within a phase.
 */
import type { Operation, PhaseRecord, Progress } from '../wire/resources.ts';
import { phaseLine, phaseMs, progressText, runningPhase } from './print/operation.ts';
import { durationText } from './print/units.ts';

const newsMs = 5_000;
const lifeMs = 30_000;

export type ProgressOut = {
  write(text: string): void;
  isTerminal: boolean;
  columns(): number;
  now(): number;
};

export type ProgressView = {
  show(operation: Operation): void;
  /** Redraws the passing time; call it about once a second. */
  tick(): void;
  /** A line of its own, above the live one. */
  note(line: string): void;
  /** Takes the live line away. */
  end(): void;
};

export function createProgress(out: ProgressOut): ProgressView {
  const told = new Map<string, PhaseRecord['state']>();
  let current: Operation | undefined;
  let live = false;
  let lastText = '';
  let lastAt = out.now();

  const clear = () => {
    if (live) out.write('\r\x1b[K');
    live = false;
  };
  const line = (text: string) => {
    clear();
    out.write(`${text}\n`);
    lastAt = out.now();
  };
  const draw = () => {
    const text = current === undefined ? undefined : liveText(current, out.now());
    if (current === undefined || text === undefined) return clear();
    if (out.isTerminal) {
      out.write(`\r\x1b[K${text.slice(0, Math.max(20, out.columns() - 1))}`);
      live = true;
      return;
    }
    const news = `${runningPhase(current)?.name} ${progressText(current.progress ?? { message: '' })}`;
    const quietMs = out.now() - lastAt;
    if (quietMs < newsMs || (news === lastText && quietMs < lifeMs)) return;
    lastText = news;
    line(text);
  };
  return {
    show(operation) {
      current = operation;
      for (const text of endedPhases(current, told, out.now())) line(text);
      draw();
    },
    tick: draw,
    note: line,
    end: clear,
  };
}

/** A line for each phase that has ended since the last look. */
function endedPhases(operation: Operation, told: Map<string, PhaseRecord['state']>, now: number): string[] {
  const width = Math.max(...operation.phases.map((phase) => phase.name.length));
  return operation.phases.flatMap((phase) => {
    const ended = phase.state === 'done' || phase.state === 'failed' || phase.state === 'undone';
    if (!ended || told.get(phase.name) === phase.state) return [];
    told.set(phase.name, phase.state);
    return [`${place(operation, phase)} ${phaseLine(phase, width, now)}`];
  });
}

function place({ phases }: Operation, phase: PhaseRecord): string {
  const total = String(phases.length);
  return `[${String(phases.indexOf(phase) + 1).padStart(total.length)}/${total}]`;
}

/** `undefined` when nothing is under way. */
function liveText(operation: Operation, now: number): string | undefined {
  const { phases, progress, state } = operation;
  const phase = runningPhase(operation);
  if (phase === undefined) {
    const undoing =
      state === 'running' && phases.some(({ state }) => state === 'failed' || state === 'undone');
    return undoing ? '· undoing what was begun' : undefined;
  }
  const news = progress === null ? '' : `  ${progressText(progress)}`;
  return `${place(operation, phase)} · ${phase.name}${shareText(progress)}  ${durationText(phaseMs(phase, now))}${news}`;
}

const shareText = (progress: Progress | null): string => {
  const { doneBytes, totalBytes } = progress ?? {};
  if (doneBytes === undefined || totalBytes === undefined || totalBytes === 0) return '';
  return ` ${Math.floor((100 * doneBytes) / totalBytes)}%`;
};

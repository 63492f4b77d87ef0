/**
 * The frame around a demo or a bench: a place of its own, an end on Ctrl-C, and nothing left behind.
 *
 *   clear the place ──▶ work ──ok──▶ keep? ──yes──▶ say how to take it down
 *                        │             └──no───┐
 *                        └── failed, signal ───┴──▶ take down
 */
import { cp, lstat, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { demoState } from '../clean/places.ts';
import { findProcesses } from '../clean/processes.ts';
import { isUp, takeDown } from '../clean/take-down.ts';
import { type Seat, takeSeat } from './blanket.ts';
import { stage } from './stage.ts';

export type Session = { seat: Seat; signal: AbortSignal };

const say = (text: string): void => void process.stdout.write(text);
const note = (line: string): void => say(`${line}\n`);

/** Set on the first of these signals; a second one does not cut the taking down short. */
function abortOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => controller.abort(new Error(`It was ended by ${name}.`)));
  }
  process.stdout.on('error', (error) => controller.abort(error)); // who read our output has gone
  return controller.signal;
}

/** @throws Error while another demo or bench uses the place. */
async function clearPlace(state: string): Promise<void> {
  const other = (await findProcesses(state)).find(({ role }) => role === 'demo');
  if (other !== undefined) throw new Error(`Another demo or bench is running (process ${other.pid}).`);
  if (await isUp(state)) {
    note('Taking down what an earlier run left.');
    await takeDown(state, note);
  }
  await mkdir(state, { recursive: true, mode: 0o700 });
}

/** `KEEP` of the environment: `1` leaves all up when the work succeeded, `always` also when it failed. */
const keeps = (done: boolean, keep = process.env.KEEP): boolean =>
  keep === 'always' || (keep === '1' && done);

/** Does `work` and gives what it gave. Whatever happens, nothing is left running, unless `KEEP` says so. */
export async function inSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
  const signal = abortOnSignals();
  const state = demoState();
  await clearPlace(state);
  const seat = takeSeat(state, signal, say);
  let done = false;
  try {
    const result = await work({ seat, signal });
    done = true;
    return result;
  } catch (error) {
    await keepLogs(state);
    throw error;
  } finally {
    if (keeps(done)) explainKept(state);
    else await takeDown(state, note);
  }
}

/** What a person needs to see why it failed outlives the taking down. */
async function keepLogs(state: string): Promise<void> {
  const logs = `${state}-logs`;
  await rm(logs, { recursive: true, force: true });
  const isLog = async (path: string) => path.endsWith('.log') || (await lstat(path)).isDirectory();
  try {
    await cp(state, logs, { recursive: true, filter: isLog });
    note(`Logs and consoles are kept in ${logs}.`);
  } catch (error) {
    note(`The logs could not be kept: ${error instanceof Error ? error.message : error}`);
  }
}

function explainKept(state: string): void {
  const [first, second] = stage.clouds;
  note(`
All is left up. To look around:

  export BLANKET_STATE=${state} PATH="${join(import.meta.dirname, '../../bin')}:$PATH"
  blanket status
  blanket guest list
  blanket migrate ${stage.guest} --to ${first.host}
  blanket console ${stage.guest}          Ctrl-] ends it
  blanket host ssh ${second.host}

To take it down: make demo-down
`);
}

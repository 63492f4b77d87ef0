/**
 * Waits for an operation in front of a person.
 *
 *   first Ctrl-C    asks control to cancel it, and goes on watching what becomes of it
 *   second Ctrl-C   stops watching; the operation goes on
 *
 * A mere watcher (`op watch`) cancels nothing: its first Ctrl-C already only stops watching.
 */
import type { Client } from '../api-client/client.ts';
import { followOperation } from '../api-client/follow.ts';
import { BlanketError, toProblem } from '../wire/errors.ts';
import type { Operation } from '../wire/resources.ts';
import type { Cli } from './cli.ts';
import { data } from './print/format.ts';
import { outcomeError } from './print/operation.ts';
import { noteWarnings } from './print/warnings.ts';
import { createProgress, type ProgressView } from './progress.ts';

export type OnInterrupt = 'cancel' | 'leave';

/** Gives the ended operation, whatever its outcome. @throws BlanketError `operation.left` after Ctrl-C. */
export async function watch(
  cli: Cli,
  client: Client,
  id: string,
  onInterrupt: OnInterrupt,
): Promise<Operation> {
  const { stderr } = cli.io;
  const progress = createProgress({
    write: (text) => void stderr.write(text),
    isTerminal: stderr.isTTY === true,
    columns: () => stderr.columns || 80,
    now: Date.now,
  });
  const leave = new AbortController();
  const interrupt = interrupter(client, id, onInterrupt, progress, leave);
  const ticking = setInterval(() => progress.tick(), 1000);
  process.on('SIGINT', interrupt);
  try {
    return await followOperation(client, id, {
      signal: leave.signal,
      onChange: (operation) => progress.show(operation),
      onConnection: (state) => progress.note(connectionNote[state]),
    });
  } catch (error) {
    throw leave.signal.aborted ? left(id) : error;
  } finally {
    process.off('SIGINT', interrupt);
    clearInterval(ticking);
    progress.end();
  }
}

const connectionNote = {
  lost: 'Control went away; the operation is kept. Waiting for control to come back…',
  back: 'Control is back.',
};

function interrupter(
  client: Client,
  id: string,
  onInterrupt: OnInterrupt,
  progress: ProgressView,
  leave: AbortController,
): () => void {
  let asked = onInterrupt === 'leave';
  return () => {
    if (asked) return leave.abort();
    asked = true;
    progress.note('Asking to cancel… (Ctrl-C again leaves the operation running and stops watching)');
    client.call('op.cancel', { params: { id } }, { timeoutMs: 15_000 }).catch((error: unknown) => {
      progress.note(`It cannot be cancelled: ${toProblem(error).message}`);
    });
  };
}

const left = (id: string): BlanketError =>
  new BlanketError('operation.left', `Operation ${id} goes on without being watched.`, {
    kind: 'cancelled',
    next: `\`blanket op watch ${id}\` watches it again, \`blanket op cancel ${id}\` asks it to stop.`,
    data: { operation: id },
  });

/** Watches an operation that this command began, to its good end. @throws BlanketError its outcome otherwise. */
export async function finish(cli: Cli, client: Client, begun: Operation): Promise<Operation> {
  cli.note(`Operation ${begun.id} has begun.`);
  const ended = await watch(cli, client, begun.id, 'cancel');
  noteWarnings(cli, ended);
  const error = outcomeError(ended);
  if (error !== undefined) throw error;
  return ended;
}

/** For `--detach`: the operation's id on stdout, and how to go on from here on stderr. */
export function printDetached(cli: Cli, begun: Operation): void {
  cli.print(cli.format === 'table' ? `${begun.id}\n` : data(cli.format, begun));
  cli.note(`Left running. \`blanket op watch ${begun.id}\` watches it.`);
}

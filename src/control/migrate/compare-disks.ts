/** Both sides' disks, read and compared while the guest stands still: nothing is handed over that is not the same. */
import { BlanketError } from '../../wire/errors.ts';
import { reach } from '../agents/reach.ts';
import type { Services } from '../services.ts';
import { idOf } from './calls.ts';
import type { MigrateState } from './state.ts';

/** A terabyte at half a gigabyte a second. */
const READ_TIMEOUT_MS = 2_000_000;
/** The guest stands still meanwhile, and can go on at the source. */
const PATIENCE_MS = 30_000;

type Digests = NonNullable<MigrateState['digests']>;

/** @throws BlanketError `migrate.disk-differs`, `migrate.disk-not-read`, kind `rolled-back`; the guest goes on at the source. */
export async function compareDisks(
  { agents }: Pick<Services, 'agents'>,
  state: MigrateState,
  signal: AbortSignal,
): Promise<Digests> {
  const { guest, source, destination } = state;
  const ask = async (host: string): Promise<string> => {
    const options = { signal, timeoutMs: READ_TIMEOUT_MS };
    try {
      const call = () => agents.call(host, 'migrate.digest', idOf(state), options);
      return (await reach(call, PATIENCE_MS)).digest;
    } catch (cause) {
      if (signal.aborted) throw cause;
      const message = `${guest}'s disks could not be read on ${host}, so nothing is known of them.`;
      const next = 'Migrate without --verify-disk, or see what keeps the agent from reading them.';
      throw new BlanketError('migrate.disk-not-read', message, { kind: 'rolled-back', next, cause });
    }
  };
  const [atSource, atDestination] = await Promise.all([ask(source), ask(destination)]);
  if (atSource === atDestination) return { source: atSource, destination: atDestination };
  const message = `${guest}'s disks are not the same on ${destination} as on ${source}; it stays on ${source}.`;
  const next = `Check the disks of ${destination} and its file system before you try again.`;
  const data = { guest, source: atSource, destination: atDestination };
  throw new BlanketError('migrate.disk-differs', message, { kind: 'rolled-back', next, data });
}

/**
 * A host that was away hears what has been decided meanwhile, and a copy of a guest that runs there although the guest lives
 * elsewhere is ended: but only once the guest was seen to run where it lives. Else a person is told.
 */
import type { AgentResult } from '../../wire/agent.ts';
import { BlanketError, type Problem, toProblem } from '../../wire/errors.ts';
import type { Services } from '../services.ts';
import type { GuestRecord } from '../store/records.ts';

type Seen = AgentResult<'host.status'>['guests'];

/** What fails is logged: every call that matters carries the lease itself. */
export async function tellLeases({ store, agents, log }: Services, host: string): Promise<void> {
  const guests = store.guests.list().map(({ name, lease }) => ({ name, lease }));
  const known = guests.filter(({ lease }) => lease > 0);
  if (known.length === 0) return;
  await agents.call(host, 'guest.leases', { guests: known }).catch((error: unknown) => {
    log.warn({ host, err: error }, 'leases not told');
  });
}

/**
 * @param seen every guest on this host, as it says.
 * @param isBusy an operation works on the guest, which knows better.
 * @returns what a person must look at: copies that could not be ended, or may be the only ones.
 */
export async function endStrays(
  services: Services,
  host: string,
  seen: Seen,
  isBusy: (guest: string) => boolean,
): Promise<Problem[]> {
  const warnings: Problem[] = [];
  for (const { name, uuid, state } of seen) {
    const guest = services.store.guests.find(name);
    if (guest === undefined || guest.uuid !== uuid || guest.host === host) continue;
    if (state !== 'running' || isBusy(name)) continue;
    const left = await endStray(services, host, guest, isBusy);
    if (left !== undefined) warnings.push(toProblem(left));
  }
  return warnings;
}

async function endStray(
  { agents, log }: Services,
  host: string,
  { name, uuid, lease, host: home }: GuestRecord,
  isBusy: (guest: string) => boolean,
): Promise<BlanketError | undefined> {
  try {
    const there = await agents.call(home, 'guest.view', { name });
    if (there.state !== 'running' || there.uuid !== uuid)
      return second(host, name, home, `it is ${there.state}`);
    if (isBusy(name)) return undefined;
    const { ended } = await agents.call(host, 'guest.evict', { name, uuid, lease });
    if (ended) log.error({ host, guest: name, home, lease }, 'a second copy was ended');
    return undefined;
  } catch (error) {
    log.warn({ host, guest: name, home, err: error }, 'a second copy is left as it is');
    return second(host, name, home, error instanceof Error ? error.message : String(error));
  }
}

const second = (host: string, guest: string, home: string, why: string): BlanketError =>
  new BlanketError(
    'guest.second-copy',
    `${guest} runs on ${host} and should live on ${home}, where ${why}.`,
    {
      kind: 'attention',
      next: `Look at both with \`blanket host ssh\`, and stop the one that is not to be with virsh. Nothing is ended on a guess.`,
      data: { guest, host, home },
    },
  );

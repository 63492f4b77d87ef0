/** Brings a change of how a guest is reached to the hosts that it is for, and says what became of it there. */
import type { Problem } from '../../wire/errors.ts';
import { isUnreachable } from '../agents/reach.ts';
import type { Services } from '../services.ts';
import type { GuestRecord, HostRecord } from '../store/records.ts';
import { type SyncFailure, syncNetwork } from './sync.ts';

/** `away` hosts were not told, and are when they are back; `refused` were told, and cannot. */
export type Told = { away: string[]; refused: SyncFailure[] };

/** Failures on other hosts are none of this change's: they are logged, and made good later. */
export async function tellHosts(
  services: Services,
  { nics }: Pick<GuestRecord, 'nics'>,
  hosts: readonly HostRecord[],
): Promise<Told> {
  const networks = new Set(nics.map(({ network }) => network));
  const failures: SyncFailure[] = [];
  for (const network of networks) failures.push(...(await syncNetwork(services, network)));
  const absent = hosts.filter(({ state }) => state !== 'ready').map(({ name }) => name);
  const chosen = new Set(hosts.map(({ name }) => name));
  const counted = failures.filter(({ host }) => chosen.has(host));
  const silent = counted.filter(({ error }) => isUnreachable(error)).map(({ host }) => host);
  for (const host of silent) noteAway(services, host);
  return {
    away: [...new Set([...absent, ...silent])],
    refused: counted.filter(({ error }) => !isUnreachable(error)),
  };
}

/** Who is seen to come back is told what it missed; a line that broke between two looks would not be seen to. */
function noteAway({ store }: Services, host: string): void {
  if (store.hosts.find(host)?.state === 'ready') store.hosts.update(host, { state: 'unreachable' });
}

/** @param then what is the case on the host until it is told, or will be when it is. */
export const awayWarnings = ({ away }: Told, then: string): Problem[] =>
  away.map((host) => ({
    code: 'host.not-told',
    kind: 'blocked',
    message: `${host} cannot be told now: ${then}.`,
    next: `See \`blanket host show ${host}\`; it is told when it is back.`,
    data: { host },
  }));

/** What an error that tells of hosts that refused has beside its message; `left`: where taking it back could not be said. */
export function refusal({ refused }: Told, left: readonly string[]) {
  const hosts = [...new Set(refused.map(({ host }) => host))];
  const still = left.length === 0 ? '' : ` ${left.join(', ')} may have it until told otherwise.`;
  return { hosts, still, data: { hosts, ...(left.length > 0 && { left }) }, cause: refused[0]?.error };
}

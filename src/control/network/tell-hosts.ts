/** Brings a change to the hosts that it is for, and says what became of it there. */
import { type Problem, toProblem } from '../../wire/errors.ts';
import { isUnreachable } from '../agents/reach.ts';
import type { Services } from '../services.ts';
import type { GuestRecord, HostRecord } from '../store/records.ts';
import { participants } from './config.ts';
import { isPortTaken, type SyncFailure, syncNetwork } from './sync.ts';

/**
 * For hosts that a person waits for. Networks are told side by side, since the client waits for 180 s, and one host that
 * hangs would hold each of them up; a host takes them in turn, for which a slow one needs seconds each.
 */
export const TELL_MS = 45_000;

/** `away` hosts were not told, and are when they are back; `refused` were told, and cannot. */
export type Told = { away: string[]; refused: SyncFailure[] };

/** One that is being enrolled is told of everything when it is ready, and nobody waits for it. */
const usable = ({ store }: Services): HostRecord[] =>
  participants(store.hosts.list()).filter(({ state }) => state !== 'provisioning');

/** Failures on other hosts are none of this change's: they are logged, and made good later. */
export async function tellHosts(
  services: Services,
  { nics }: Pick<GuestRecord, 'nics'>,
  hosts: readonly HostRecord[],
): Promise<Told> {
  return tellNetworks(services, [...new Set(nics.map(({ network }) => network))], hosts);
}

export async function tellNetworks(
  services: Services,
  networks: readonly string[],
  hosts: readonly HostRecord[] = usable(services),
): Promise<Told> {
  const told = await Promise.all(
    networks.map((network) => syncNetwork(services, network, undefined, TELL_MS)),
  );
  return toldOf(hosts, told.flat());
}

/** What became of a change on the hosts that it is for. */
export function toldOf(hosts: readonly HostRecord[], failures: readonly SyncFailure[]): Told {
  const absent = hosts.filter(({ state }) => state !== 'ready').map(({ name }) => name);
  const chosen = new Set(hosts.map(({ name }) => name));
  const counted = failures.filter(({ host }) => chosen.has(host));
  const silent = counted.filter(({ error }) => isUnreachable(error)).map(({ host }) => host);
  return {
    away: [...new Set([...absent, ...silent])],
    refused: counted.filter(({ error }) => !isUnreachable(error)),
  };
}

/** Once a host, with the worst of it. @param then what is the case on the host until it is told, or will be when it is. */
export function warningsOf(told: Told, then: string): Problem[] {
  const heard = told.refused.filter(({ host }) => !told.away.includes(host));
  const failed = heard.filter((failure) => !isPortTaken(failure));
  const worst = new Map([...heard, ...failed].map((failure) => [failure.host, failure]));
  return [
    ...awayWarnings(told, then),
    ...[...worst.values()].map((failure) =>
      isPortTaken(failure) ? portTaken(failure) : refusedWarning(failure, then),
    ),
  ];
}

const refusedWarning = ({ host, error }: SyncFailure, then: string): Problem => ({
  code: 'host.not-told',
  kind: 'blocked',
  message: `${host} could not do it: ${then}. It says: ${toProblem(error).message}`,
  next: `See \`blanket host show ${host}\`; it is tried again by itself.`,
  data: { host },
});

export function portTaken({ host, error }: SyncFailure): Problem {
  const problem = toProblem(error);
  return { ...problem, message: `${host}: ${problem.message}`, data: { ...problem.data, host } };
}

/** @param then what is the case on the host until it is told, or will be when it is. */
const awayWarnings = ({ away }: Told, then: string): Problem[] =>
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

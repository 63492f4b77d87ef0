/** Which host a network's guests reach the world through. One that they all share keeps their connections when they move. */
import { BlanketError } from '../../wire/errors.ts';
import type { Services } from '../services.ts';
import type { NetworkRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { participants } from './config.ts';

/** Work that may end with the host gone. */
const comingOrGoing = ['host.provision', 'host.remove'];

/**
 * Whether guests of a network may leave through this host; `null`, each through its own, is always right.
 * @throws BlanketError `network.isolated`, `host.not-found`, `host.not-ready`
 */
export function checkEgress(
  { store: { hosts }, operations }: Pick<Services, 'store' | 'operations'>,
  { name, isolated }: Pick<NetworkRecord, 'name' | 'isolated'>,
  egress: string | null,
): void {
  if (egress === null) return;
  if (isolated) throw noWayOut(name, egress);
  const host = hosts.get(egress);
  const unsettled = operations.using(egress).find(({ kind }) => comingOrGoing.includes(kind));
  const settled = unsettled === undefined && host.state !== 'provisioning';
  if (settled && participants([host]).length > 0) return;
  const why = unsettled === undefined ? host.state : `not settled: ${unsettled.kind} (${unsettled.id})`;
  throw new BlanketError('host.not-ready', `${egress} is ${why}.`, {
    kind: 'blocked',
    next: `See \`blanket host show ${egress}\`, or choose another host.`,
    data: { host: egress, state: host.state },
  });
}

const noWayOut = (network: string, host: string): BlanketError =>
  new BlanketError('network.isolated', `${network} is isolated: its guests have no way out through a host.`, {
    kind: 'usage',
    next: 'Leave out one of the two: an isolated network stays so, and only others have an egress host.',
    data: { network, host },
  });

/** @throws BlanketError `host.is-egress` while networks have their way out through it. */
export function refuseEgress({ networks }: Pick<Store, 'networks'>, host: string): void {
  const names = networks
    .list()
    .filter(({ egress }) => egress === host)
    .map(({ name }) => name);
  if (names.length === 0) return;
  const these = names.length === 1 ? 'the network' : 'the networks';
  const next = names.map((name) => `\`blanket network egress ${name} …\``).join(', ');
  throw new BlanketError(
    'host.is-egress',
    `${host} cannot be removed: ${these} ${names.join(', ')} ${names.length === 1 ? 'reaches' : 'reach'} the world through it.`,
    {
      kind: 'conflict',
      next: `Choose another host, or --each for each guest's own: ${next}.`,
      data: { host, networks: names },
    },
  );
}

/** Whether a guest's port may stand on hosts: what is asked of the records alone, before any host is. */
import { BlanketError } from '../../wire/errors.ts';
import { metadataPort, type PublishedPort } from '../../wire/network.ts';
import type { GuestRecord, HostRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { tunnelPort } from './addresses.ts';

type Records = Pick<Store, 'guests' | 'hosts'>;
type PortName = Pick<PublishedPort, 'protocol' | 'port'>;

/** As it is written in `blanket guest unpublish`. */
export const portText = ({ protocol, port }: PortName): string => `${port}/${protocol}`;

/**
 * The host's own: a guest's port in their place would cut control, the tunnels, the guests' metadata or a migration off.
 * libvirt lets QEMU listen for migrations and for their disks on 49152 to 49215: qemu.conf, migration_port_min and _max.
 */
const reserved: readonly { protocol: 'tcp' | 'udp'; first: number; last: number; what: string }[] = [
  { protocol: 'tcp', first: 22, last: 22, what: 'SSH' },
  { protocol: 'udp', first: tunnelPort, last: tunnelPort, what: 'tunnels' },
  { protocol: 'tcp', first: metadataPort, last: metadataPort, what: 'the metadata service' },
  { protocol: 'tcp', first: 49152, last: 49215, what: 'migrations' },
];

/**
 * The hosts that a port is to stand on; without names, all that have been ready. Those that are not yet are told of it
 * when they become so.
 * @throws BlanketError `host.not-found`
 */
export const hostsOf = ({ hosts }: Pick<Store, 'hosts'>, names: readonly string[] | null): HostRecord[] =>
  names === null
    ? hosts.list().filter(({ state }) => state === 'ready' || state === 'unreachable')
    : names.map((name) => hosts.get(name));

/**
 * The port to keep for this guest.
 * @throws BlanketError `guest.no-network`, `guest.publish-nowhere`, `host.not-found`, `host.not-ready`,
 *   `guest.port-reserved`, `guest.port-published`
 */
export function checkPublish(records: Records, guest: GuestRecord, wish: PublishedPort): PublishedPort {
  needCard(guest);
  const hosts = wish.hosts === null ? null : [...new Set(wish.hosts)];
  if (hosts?.length === 0) {
    throw new BlanketError('guest.publish-nowhere', `${portText(wish)} was to be put on no host at all.`, {
      kind: 'usage',
      next: 'Name hosts, or none for every host.',
      data: { guest: guest.name },
    });
  }
  const chosen = hostsOf(records, hosts);
  for (const host of chosen) needMember(host);
  refuseReserved(wish, chosen);
  refusePublished(records, guest, { ...wish, hosts });
  return { ...wish, hosts };
}

/** One that is away is told later; one that is being made, or taken down, or never was well, may never be there. */
function needMember({ name, state }: HostRecord): void {
  if (state === 'ready' || state === 'unreachable') return;
  throw new BlanketError('host.not-ready', `${name} is ${state}.`, {
    kind: 'blocked',
    next: `See \`blanket host show ${name}\`.`,
    data: { host: name, state },
  });
}

/** Takes a host that is gone out of what is published; a port that was on it alone is gone with it. May be repeated. */
export function forgetHost({ guests }: Pick<Store, 'guests'>, gone: string): void {
  for (const { name, published } of guests.list()) {
    if (!published.some(({ hosts }) => hosts?.includes(gone))) continue;
    const left = published
      .map((port) => ({ ...port, hosts: port.hosts?.filter((host) => host !== gone) ?? null }))
      .filter(({ hosts }) => hosts === null || hosts.length > 0);
    guests.update(name, { published: left });
  }
}

/** @throws BlanketError `guest.no-network` */
export function needCard({ name, nics }: GuestRecord): void {
  if (nics.length > 0) return;
  throw new BlanketError(
    'guest.no-network',
    `${name} is in no network, so it has no address to be reached at.`,
    {
      kind: 'blocked',
      next: `\`blanket console ${name}\` reaches it without one.`,
      data: { guest: name },
    },
  );
}

function refuseReserved(wish: PortName, hosts: readonly HostRecord[]): void {
  const { protocol, port } = wish;
  const own = reserved.find((one) => one.protocol === protocol && one.first <= port && port <= one.last);
  const ssh = protocol === 'tcp' ? hosts.find((host) => host.ssh?.port === port) : undefined;
  if (own === undefined && ssh === undefined) return;
  const whose = own === undefined ? `control reaches ${ssh?.name} by SSH there` : `it is for ${own.what}`;
  throw new BlanketError('guest.port-reserved', `${portText(wish)} of hosts is Blanket's own: ${whose}.`, {
    kind: 'blocked',
    next: 'Choose another port of the host; the port of the guest may stay.',
    data: { protocol, port, ...(ssh && { host: ssh.name }) },
  });
}

/** One guest's ports are told apart by protocol and number alone, so it may have each once, wherever. */
function refusePublished({ guests }: Pick<Store, 'guests'>, guest: GuestRecord, wish: PublishedPort): void {
  for (const other of guests.list()) {
    const taken = other.published.find(
      (one) =>
        one.protocol === wish.protocol &&
        one.port === wish.port &&
        (other.name === guest.name || meet(one.hosts, wish.hosts)),
    );
    if (taken === undefined) continue;
    const { hosts } = taken;
    const where = hosts === null ? 'every host' : hosts.join(', ');
    throw new BlanketError(
      'guest.port-published',
      `${portText(wish)} leads to port ${taken.toPort} of ${other.name} already, on ${where}.`,
      {
        kind: 'conflict',
        next: `Choose another port, or take that one back: \`blanket guest unpublish ${other.name} ${portText(wish)}\`.`,
        data: { guest: other.name, protocol: wish.protocol, port: wish.port, hosts },
      },
    );
  }
}

const meet = (a: readonly string[] | null, b: readonly string[] | null): boolean =>
  a === null || b === null || a.some((name) => b.includes(name));

/**
 * Who has which address of a guest network. Of 10.77.0.0/24:
 *
 *   .0 network   .1 gateway   .2-.9 by wish only   .10 and up: guests  ->   <- hosts: .254 and down   .255 broadcast
 *
 * Nothing is set apart between guests and hosts, so a small subnet can be used up by either.
 */
import { BlanketError } from '../../wire/errors.ts';
import type { GuestRecord, HostRecord, NetworkRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { holds, type Range, rangeOf, toAddress, toNumber } from './ipv4.ts';
import { addressIn } from './ipv6.ts';

const GATEWAY = 1;
const FIRST_GUEST = 10;

type Addressed = Pick<NetworkRecord, 'name' | 'subnet' | 'hostAddresses'>;

export const gatewayOf = (subnet: string): string => toAddress(rangeOf(subnet).first + GATEWAY);
export const gateway6Of = (subnet6: string | null): string | null =>
  subnet6 === null ? null : addressIn(subnet6, GATEWAY);

/** A guest's IPv6 address has the number within its network that its IPv4 address has. */
export const address6Of = (subnet: string, subnet6: string | null, address: string): string | null =>
  subnet6 === null ? null : addressIn(subnet6, toNumber(address) - rangeOf(subnet).first);

/** Holders of addresses by address, as a person is told of them. */
function holdersOf(network: Addressed, guests: readonly GuestRecord[]): Map<string, string> {
  const hosts = Object.entries(network.hostAddresses).map(([host, address]) => [address, `host ${host}`]);
  const cards = guests.flatMap(({ name, nics }) =>
    nics.filter((nic) => nic.network === network.name).map(({ address }) => [address, `guest ${name}`]),
  );
  return new Map([...hosts, ...cards] as [string, string][]);
}

/**
 * An address for a guest: the one that it wishes for, or the lowest free one.
 * @throws BlanketError `network.full`, `network.bad-address`, `network.address-taken`
 */
export function guestAddress(network: Addressed, guests: readonly GuestRecord[], wish?: string): string {
  const holders = holdersOf(network, guests);
  if (wish !== undefined) return wished(network, holders, wish);
  const { first, size } = rangeOf(network.subnet);
  for (let number = first + FIRST_GUEST; number < first + size - 1; number++) {
    if (!holders.has(toAddress(number))) return toAddress(number);
  }
  throw full(network, 'another guest');
}

function wished({ name, subnet }: Addressed, holders: ReadonlyMap<string, string>, wish: string): string {
  const reserved = reservedAs(rangeOf(subnet), wish);
  if (reserved !== undefined) {
    throw new BlanketError('network.bad-address', `${wish} ${reserved} ${name} (${subnet}).`, {
      kind: 'usage',
      next: 'Choose another address, or leave it out for the lowest free one.',
      data: { network: name, subnet, address: wish },
    });
  }
  const holder = holders.get(wish);
  if (holder === undefined) return wish;
  throw new BlanketError('network.address-taken', `${wish} is taken on ${name}: ${holder} has it.`, {
    kind: 'conflict',
    next: 'Choose another address, or leave it out for the lowest free one.',
    data: { network: name, address: wish, holder },
  });
}

function reservedAs(range: Range, address: string): string | undefined {
  const number = toNumber(address) - range.first;
  if (!holds(range, address)) return 'is outside the network';
  if (number === 0) return 'is the address of the network';
  if (number === GATEWAY) return 'is the gateway of the network';
  return number === range.size - 1 ? 'is the broadcast address of the network' : undefined;
}

/** The highest free address. @throws BlanketError `network.full` */
function hostAddress(network: Addressed, guests: readonly GuestRecord[], host: string): string {
  const holders = holdersOf(network, guests);
  const { first, size } = rangeOf(network.subnet);
  for (let number = first + size - 2; number > first + GATEWAY; number--) {
    if (!holders.has(toAddress(number))) return toAddress(number);
  }
  throw full(network, `host ${host}`);
}

const full = ({ name, subnet }: Addressed, whom: string): BlanketError =>
  new BlanketError('network.full', `The network ${name} (${subnet}) has no address left for ${whom}.`, {
    kind: 'blocked',
    next: 'Remove guests or hosts that are not needed, or use a network with a larger subnet.',
    data: { network: name, subnet },
  });

/**
 * The hosts' own addresses on a network: those that are there keep theirs, those that came get one, and who went leaves
 * it free. @throws BlanketError `network.full`
 */
export function allotHosts(
  network: Addressed,
  hosts: readonly Pick<HostRecord, 'name' | 'state'>[],
  guests: readonly GuestRecord[],
): Record<string, string> {
  const staying = hosts.filter(({ state }) => state !== 'removing').map(({ name }) => name);
  const hostAddresses = Object.fromEntries(
    Object.entries(network.hostAddresses).filter(([host]) => staying.includes(host)),
  );
  for (const host of staying) {
    if (Object.hasOwn(hostAddresses, host)) continue; // a host may be called `constructor`
    hostAddresses[host] = hostAddress({ ...network, hostAddresses }, guests, host);
  }
  return hostAddresses;
}

/** The network with its hosts' addresses brought up to date in the store. @throws BlanketError `network.full` */
export function settleHosts({ networks, hosts, guests }: Store, name: string): NetworkRecord {
  const network = networks.get(name);
  const hostAddresses = allotHosts(network, hosts.list(), guests.list());
  const changed = JSON.stringify(hostAddresses) !== JSON.stringify(network.hostAddresses);
  return changed ? networks.update(name, { hostAddresses }) : network;
}

/** A host is gone, and its addresses are free. */
export function freeHost({ networks }: Pick<Store, 'networks'>, host: string): void {
  for (const { name, hostAddresses } of networks.list()) {
    const { [host]: own, ...others } = hostAddresses;
    if (own !== undefined) networks.update(name, { hostAddresses: others });
  }
}

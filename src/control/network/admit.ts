/** What must be true of a network before it is made. Each finding has a stable code and says what to do. */
import { isIPv4, isIPv6 } from 'node:net';
import { BlanketError } from '../../wire/errors.ts';
import { mtuSchema, smallestMtu6 } from '../../wire/network.ts';
import type { HostRecord, NetworkRecord } from '../store/records.ts';
import { tunnelSubnet } from './addresses.ts';
import { overlaps, parseSubnet, rangeOf } from './ipv4.ts';
import { holds6, isPrivate6, overlaps6, parseSubnet6 } from './ipv6.ts';
import { fittingMtu, vxlanBytes } from './path-mtu.ts';

/** RFC 1918, and the carriers' own (RFC 6598), which clouds use inside too. */
const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'].map(rangeOf);

/** Spoken for on every host. */
const reserved: readonly [subnet: string, what: string][] = [
  [tunnelSubnet, 'the tunnels between hosts'],
  ['169.254.0.0/16', 'link-local addresses, where the metadata service is'],
  ['127.0.0.0/8', 'loopback'],
];

const smallestMtu = mtuSchema.minValue ?? 0;

export type Wish = { name: string; subnet: string; subnet6?: string | undefined; mtu?: number | undefined };
type Known = {
  networks: readonly Pick<NetworkRecord, 'name' | 'subnet' | 'subnet6'>[];
  hosts: readonly Pick<HostRecord, 'name' | 'address' | 'subnets' | 'pathMtu'>[];
};

/**
 * The parts of a record that were checked; texts of subnets are brought to their one form.
 * @throws BlanketError `network.bad-subnet`, `network.overlap`, `network.public-subnet`, `network.mtu`
 */
export function admitNetwork(
  wish: Wish,
  known: Known,
): Pick<NetworkRecord, 'name' | 'subnet' | 'subnet6' | 'mtu'> {
  const { name, subnet } = wish;
  checkSubnet(subnet, known);
  const subnet6 = wish.subnet6 === undefined ? null : parseSubnet6(wish.subnet6);
  if (subnet6 !== null) checkSubnet6(subnet6, known);
  return { name, subnet, subnet6, mtu: fitMtu(wish.mtu, subnet6 !== null, known.hosts) };
}

function checkSubnet(subnet: string, { networks, hosts }: Known): void {
  const { first, size } = parseSubnet(subnet);
  const inUse = reserved.find(([range]) => overlaps(range, subnet));
  if (inUse !== undefined) throw overlap(subnet, `${inUse[0]}, which is for ${inUse[1]}`, {});
  const isPrivate = privateRanges.some(
    (range) => first >= range.first && first + size <= range.first + range.size,
  );
  if (!isPrivate) throw publicSubnet(subnet, '10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10');
  const network = networks.find((other) => overlaps(other.subnet, subnet));
  if (network !== undefined) throw overNetwork(subnet, network.name, network.subnet);
  refuseHosts(subnet, hosts);
}

function checkSubnet6(subnet6: string, { networks, hosts }: Known): void {
  const own = subnet6.split('/')[0] ?? '';
  if (!isPrivate6(own)) throw publicSubnet(subnet6, 'fc00::/7, such as fd77::/64');
  const network = networks.find((other) => other.subnet6 !== null && holds6(other.subnet6, own));
  if (network !== undefined) throw overNetwork(subnet6, network.name, String(network.subnet6));
  refuseHosts(subnet6, hosts);
}

type Own = Pick<HostRecord, 'name' | 'address' | 'subnets'>;

/** The host's own address or network that a subnet takes, as a CIDR. */
const meeting = ({ address, subnets }: Own, subnet: string): string | undefined =>
  [...(address === null ? [] : alone(address)), ...(subnets ?? [])].find((own) => meet(own, subnet));

/** Names are none: a machine's may stand for any address. */
const alone = (address: string): string[] =>
  isIPv4(address) ? [`${address}/32`] : isIPv6(address) ? [`${address}/128`] : [];

function meet(a: string, b: string): boolean {
  const [one, other] = [a, b].map((subnet) => isIPv4(subnet.split('/')[0] ?? ''));
  return one === other && (one ? overlaps(a, b) : overlaps6(a, b));
}

function refuseHosts(subnet: string, hosts: readonly Own[]): void {
  for (const host of hosts) {
    const own = meeting(host, subnet);
    if (own !== undefined) throw overHost(subnet, host, own);
  }
}

const publicSubnet = (subnet: string, ranges: string): BlanketError =>
  new BlanketError('network.public-subnet', `${subnet} holds addresses that belong to others.`, {
    kind: 'usage',
    next: `Choose a private subnet: in ${ranges}.`,
    data: { subnet },
  });

const overNetwork = (subnet: string, network: string, other: string): BlanketError =>
  overlap(subnet, `the network ${network} (${other})`, { network });

const overHost = (subnet: string, { name, address }: Own, own: string): BlanketError => {
  const isAddress = own.split('/')[0] === address;
  const what = isAddress
    ? `the own address of host ${name} (${address})`
    : `a network that host ${name} is in (${own})`;
  return overlap(subnet, what, { host: name, address: own });
};

const overlap = (subnet: string, what: string, data: Record<string, unknown>): BlanketError =>
  new BlanketError('network.overlap', `${subnet} overlaps ${what}.`, {
    kind: 'conflict',
    next: 'Choose another subnet.',
    data: { subnet, ...data },
  });

/** The wished MTU, or the largest that the tunnels carry; bytes. */
function fitMtu(wish: number | undefined, hasIPv6: boolean, hosts: Known['hosts']): number {
  const largest = fittingMtu(hosts) - vxlanBytes;
  const smallest = hasIPv6 ? smallestMtu6 : smallestMtu;
  const mtu = wish ?? largest;
  const said = { mtu, smallest, largest };
  if (mtu > largest) throw badMtu(`An MTU of ${mtu} is above what the tunnels carry: ${largest}.`, said);
  if (mtu >= smallest) return mtu;
  const why = hasIPv6 ? 'IPv6 needs' : 'a network needs';
  throw badMtu(`An MTU of ${mtu} is too small: ${why} at least ${smallest}.`, said);
}

function badMtu(message: string, data: { mtu: number; smallest: number; largest: number }): BlanketError {
  const { smallest, largest } = data;
  const next =
    largest < smallest
      ? `The tunnels carry ${largest} at most: see \`blanket tunnel list\`.`
      : `Choose one from ${smallest} to ${largest}, or leave it out for ${largest}.`;
  return new BlanketError('network.mtu', message, { kind: 'usage', next, data });
}

/**
 * A host whose own address or network a guest network has taken could not be reached by that network's hosts, nor by control.
 * @throws BlanketError `network.overlap`
 */
export function admitHost(host: Own, { networks }: Pick<Known, 'networks'>): void {
  for (const { name, subnet, subnet6 } of networks) {
    for (const taken of subnet6 === null ? [subnet] : [subnet, subnet6]) {
      const own = meeting(host, taken);
      if (own !== undefined) throw hostInside(host, own, { network: name, subnet: taken });
    }
  }
}

const hostInside = ({ name }: Own, own: string, taken: { network: string; subnet: string }): BlanketError =>
  new BlanketError(
    'network.overlap',
    `${name} has the address ${own}, which meets the network ${taken.network} (${taken.subnet}).`,
    {
      kind: 'conflict',
      next: 'Take a machine with another address, or make the network anew with another subnet.',
      data: { host: name, address: own, ...taken },
    },
  );

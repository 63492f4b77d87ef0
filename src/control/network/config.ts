/** What a host is told of a guest network: all of it, made from the store alone. */
import type { AgentParams } from '../../wire/agent.ts';
import type { Card, Egress } from '../../wire/methods/network.ts';
import type { GuestRecord, HostRecord, NetworkRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { gatewayMac, tunnelAddress } from './addresses.ts';
import { gateway6Of, gatewayOf } from './allocation.ts';
import { rangeOf } from './ipv4.ts';
import { type Journey, journeysOf } from './journeys.ts';

/** What configs are made from: read once, for as many hosts and networks as there are. */
export type View = {
  hosts: readonly HostRecord[];
  guests: readonly GuestRecord[];
  networks: readonly NetworkRecord[];
  /** Guests that are on their way. */
  journeys: ReadonlyMap<string, Journey>;
};

export const viewOf = (store: Store): View => ({
  hosts: store.hosts.list(),
  guests: store.guests.list(),
  networks: store.networks.list(),
  journeys: journeysOf(store),
});

const taking: readonly HostRecord['state'][] = ['provisioning', 'ready', 'unreachable'];

/**
 * Hosts that take part in guest networks. One that is being enrolled does, so that all know it before its first guest comes.
 * One that control cannot reach just now stays in: its guests run on, and the others' ways to them with it.
 */
export const participants = (hosts: readonly HostRecord[]): HostRecord[] =>
  hosts.filter(
    ({ state, tunnelKey, address }) => tunnelKey !== null && address !== null && taking.includes(state),
  );

/** One network as one host is told of it. The host must have an address of its own on the network. */
export function configFor(
  network: NetworkRecord,
  host: HostRecord,
  view: View,
): AgentParams<'network.apply'> {
  const { name, vni, mtu, subnet, subnet6, connected, hostAddresses } = network;
  return {
    ...{ name, vni, mtu, subnet, subnet6, connected },
    gateway: { mac: gatewayMac(name), address: gatewayOf(subnet), address6: gateway6Of(subnet6) },
    hostAddress: `${hostAddresses[host.name]}/${rangeOf(subnet).prefix}`,
    hostAddresses: Object.values(hostAddresses),
    tunnelAddress: tunnelAddress(host.index),
    peers: participants(view.hosts)
      .filter((peer) => peer.name !== host.name)
      .map(({ index }) => tunnelAddress(index)),
    outside: !network.isolated,
    egress: egressFor(network, view),
    cards: cardsFor(name, host, view),
    publishes: publishesFor(name, host, view.guests),
  };
}

/** A guest in no place is left out: the others on its networks need theirs. */
function cardsFor(network: string, host: HostRecord, view: View): Card[] {
  return view.guests.flatMap((guest) => {
    const nics = guest.nics.filter((nic) => nic.network === network);
    const at = nics.length === 0 ? undefined : placeOf(guest, view);
    if (at === undefined) return [];
    const here = host.name === guest.host || host.name === view.journeys.get(guest.name)?.destination;
    return nics.map(({ mac, address, address6 }) => ({
      ...{ mac, name: guest.name, address, address6, at, here },
      allow: here ? guest.allow : null,
    }));
  });
}

/** Where a guest's frames go: an address in the tunnel; `undefined` when its host is gone. */
function placeOf({ name, host }: GuestRecord, { hosts, journeys }: View): string | undefined {
  const { destination = host, handed = false } = journeys.get(name) ?? {};
  const indexOf = (place: string) => hosts.find((one) => one.name === place)?.index;
  // a destination may be gone while it is not decided what became of its guest
  const index = (handed ? indexOf(destination) : undefined) ?? indexOf(host);
  return index === undefined ? undefined : tunnelAddress(index);
}

/** Guests of a network whose host is gone: something to be told of, for nobody sends frames to them. */
export const strayGuests = (network: string, view: View): string[] =>
  view.guests
    .filter(({ nics }) => nics.some((nic) => nic.network === network))
    .filter((guest) => placeOf(guest, view) === undefined)
    .map(({ name }) => name);

function egressFor(
  { name, egress, connected, hostAddresses }: NetworkRecord,
  { hosts, networks }: View,
): Egress | null {
  if (egress === null) return null;
  const host = hosts.find((one) => one.name === egress);
  const address = hostAddresses[egress];
  // one that is not there is not to be taken for no wish at all: guests would leave by their own hosts
  if (host === undefined || address === undefined)
    throw new Error(`${egress}, through which ${name} reaches the world, is not there`);
  const except = networks
    .filter((other) => connected.includes(other.name))
    .flatMap(({ subnet, subnet6 }) => (subnet6 === null ? [subnet] : [subnet, subnet6]));
  return { at: tunnelAddress(host.index), address, except };
}

/** A guest's ports lead to its first card. */
const publishesFor = (network: string, host: HostRecord, guests: readonly GuestRecord[]) =>
  guests.flatMap(({ nics: [first], published }) =>
    first?.network !== network
      ? []
      : published
          .filter(({ hosts }) => hosts === null || hosts.includes(host.name))
          .map(({ protocol, port, toPort }) => ({ protocol, port, toPort, address: first.address })),
  );

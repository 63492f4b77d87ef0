/** Records as the API shows them: what is secret stays behind, what is counted is added. */
import type { Cloud, Guest, Host, Image, ListedGuest, Network } from '../../wire/resources.ts';
import { tunnelAddress } from '../network/addresses.ts';
import { gateway6Of, gatewayOf } from '../network/allocation.ts';
import { guestsOfOtherEngine } from '../provision/probe.ts';
import type { CloudRecord, GuestRecord, HostRecord, ImageRecord, NetworkRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';

export const cloudView = (store: Store, cloud: CloudRecord): Cloud => ({
  ...cloud,
  hosts: store.hosts.list().filter((host) => host.cloud === cloud.name).length,
});

export const hostView = (store: Store, host: HostRecord): Host => ({
  name: host.name,
  cloud: host.cloud,
  state: host.state,
  driver: host.driver,
  driverWhy: host.driverWhy,
  engine: host.engine,
  engineWhy: host.engineWhy,
  engineScore: host.engineScore,
  probe: host.probe,
  guestsOfOtherEngine: guestsOfOtherEngine(store, host),
  vcpus: host.vcpus,
  memoryMiB: host.memoryMiB,
  diskGiB: host.diskGiB,
  driverOverride: host.driverOverride,
  address: host.address,
  tunnelAddress: tunnelAddress(host.index),
  notices: host.notices,
  warnings: host.warnings,
  maintenance: host.maintenance,
  guests: store.guests.list().filter((guest) => guest.host === host.name).length,
  createdAt: host.createdAt,
});

export const imageView = (image: ImageRecord): Image => image;

export const networkView = (
  store: Store,
  { hostAddresses: _hostAddresses, ...network }: NetworkRecord,
): Network => ({
  ...network,
  gateway: gatewayOf(network.subnet),
  gateway6: gateway6Of(network.subnet6),
  egressState: network.egress === null ? null : (store.hosts.find(network.egress)?.state ?? null),
  guests: guestsOn(store, network.name),
});

export const guestsOn = (store: Store, network: string): number =>
  store.guests.list().filter(({ nics }) => nics.some((nic) => nic.network === network)).length;

/** Leases are between control and agents. */
export function guestView({ lease: _lease, ...guest }: GuestRecord): Guest {
  return guest;
}

export function listedGuestView({ metadata, lease: _lease, ...guest }: GuestRecord): ListedGuest {
  const { userData: _userData, ...listed } = metadata;
  return { ...guest, metadata: listed };
}

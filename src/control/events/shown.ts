/** Fields of records as events show them: nothing that is secret, and nothing that other records decide. */
import type { CloudRecord, GuestRecord, HostRecord, ImageRecord, NetworkRecord } from '../store/records.ts';

export function shownGuest({ name: _name, state: _state, lease: _lease, metadata, ...guest }: GuestRecord) {
  const { userData: _userData, ...listed } = metadata;
  return { ...guest, metadata: listed };
}

export const shownHost = (host: HostRecord) => ({
  cloud: host.cloud,
  driver: host.driver,
  driverWhy: host.driverWhy,
  engine: host.engine,
  engineWhy: host.engineWhy,
  engineScore: host.engineScore,
  vcpus: host.vcpus,
  memoryMiB: host.memoryMiB,
  address: host.address,
  notices: host.notices,
  warnings: host.warnings,
  maintenance: host.maintenance,
  createdAt: host.createdAt,
});

/** Its settings may hold credentials. */
export const shownCloud = ({ type, createdAt }: CloudRecord) => ({ type, createdAt });

export const shownNetwork = ({
  name: _name,
  hostAddresses: _hostAddresses,
  ...network
}: NetworkRecord) => network;

export const shownImage = ({ name: _name, ...image }: ImageRecord) => image;

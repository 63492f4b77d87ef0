/**
 * The structures that libvirt's calls carry (src/remote/remote_protocol.x). The order of the fields is the wire's;
 * their names are ours.
 */
import type { ErrorReport } from './errors.ts';
import { maxCookie, optionalString, quantity, string, uuid } from './wire-types.ts';
import { bytes, type Codec, int32, int64, uint8, uint16, type Value } from './xdr.ts';
import { mapped, optional, structure } from './xdr-structures.ts';

/** Which domain is meant. Drivers find it by its UUID; `id` is -1 for a domain that does not run. */
export const domainHandle = structure({ name: string, uuid, id: int32 });
export type DomainHandle = Value<typeof domainHandle>;

/** Drivers find it by its UUID. */
export const networkHandle = structure({ name: string, uuid });
export type NetworkHandle = Value<typeof networkHandle>;

/** A storage pool; drivers find it by its UUID. */
export const poolHandle = structure({ name: string, uuid });
export type PoolHandle = Value<typeof poolHandle>;

/** Drivers find it by its pool's name and its own; `key` is unique on the host. */
export const volumeHandle = structure({ pool: string, name: string, key: string });
export type VolumeHandle = Value<typeof volumeHandle>;

/** The driver finds it by its UUID. */
export const secretHandle = structure({ uuid, usageType: int32, usageId: string });
export type SecretHandle = Value<typeof secretHandle>;

/** struct virNetMessageError in src/rpc/virnetprotocol.x; its domain and network are never filled today. */
export const errorReport: Codec<ErrorReport> = mapped(
  structure({
    code: int32,
    domain: int32,
    message: optionalString,
    level: int32,
    dom: optional(domainHandle),
    str1: optionalString,
    str2: optionalString,
    str3: optionalString,
    int1: int32,
    int2: int32,
    net: optional(networkHandle),
  }),
  (report: ErrorReport) => ({ ...report, dom: undefined, net: undefined }),
  ({ dom: _dom, net: _net, ...report }) => report,
);

/** Opaque to all but the two drivers; carried from one side of a migration to the other. */
export const cookie = bytes(maxCookie);

/** `char name[size]` in the protocol: each character takes four bytes, as XDR has nothing smaller. */
const characters = (size: number): Codec<string> => ({
  encode(writer, value) {
    const codes = Buffer.alloc(size);
    codes.write(value, 0, size - 1, 'latin1');
    for (const code of codes) int32.encode(writer, code);
  },
  decode(reader) {
    const codes = Array.from({ length: size }, () => int32.decode(reader) & 0xff);
    const end = codes.indexOf(0);
    return Buffer.from(end < 0 ? codes : codes.slice(0, end)).toString('latin1');
  },
});

/** virNodeInfo; memory in KiB. */
export const nodeInfo = structure({
  model: characters(32),
  memory: quantity,
  cpus: int32,
  mhz: int32,
  nodes: int32,
  sockets: int32,
  cores: int32,
  threads: int32,
});

/** virDomainInfo; memory in KiB, time in ns. */
export const domainInfo = structure({
  state: uint8,
  maxMemory: quantity,
  memory: quantity,
  vcpus: uint16,
  cpuTime: quantity,
});

const amounts = structure({ totalBytes: quantity, processedBytes: quantity, remainingBytes: quantity });

/** virDomainJobInfo; times in ms. */
export const jobInfo = structure({
  type: int32,
  timeElapsed: quantity,
  timeRemaining: quantity,
  data: amounts,
  memory: amounts,
  file: amounts,
});

export const memoryStat = structure({ tag: int32, value: quantity });

/** -1 says that the driver does not know. */
const counter: Codec<number | undefined> = mapped(
  int64,
  (value: number | undefined) => BigInt(value ?? -1),
  (value) => (value < 0n ? undefined : Number(value)),
);

export const blockStats = structure({
  readRequests: counter,
  readBytes: counter,
  writeRequests: counter,
  writeBytes: counter,
  errors: counter,
});
export type BlockStats = Value<typeof blockStats>;

export const interfaceStats = structure({
  receivedBytes: counter,
  receivedPackets: counter,
  receiveErrors: counter,
  receiveDrops: counter,
  sentBytes: counter,
  sentPackets: counter,
  sendErrors: counter,
  sendDrops: counter,
});
export type InterfaceStats = Value<typeof interfaceStats>;

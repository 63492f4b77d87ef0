/** A domain's CPUs, and on which of the host's CPUs they and its other threads may run. Flags are `vcpuFlags`. */
import { affectFlags } from '../affect.ts';
import type { CallOptions } from '../call.ts';
import { splitMaps } from '../cpu-map.ts';
import { connectCalls } from '../procedures/connect.ts';
import { maxVcpus, vcpuCalls } from '../procedures/vcpu.ts';
import type { Session } from '../session.ts';
import { type PlainValue, toRecord } from '../typed-parameters.ts';
import type { DomainHandle } from '../wire-structures.ts';

/** virDomainVcpuFlags. */
export const vcpuFlags = {
  ...affectFlags,
  /** How many there may be, instead of how many there are. */
  maximum: 1 << 2,
  /** Those that the guest uses, told by its agent. */
  guest: 1 << 3,
  /** What is added can be taken away while the guest runs. */
  hotpluggable: 1 << 4,
} as const;

/** virVcpuState. */
const vcpuStates = ['offline', 'running', 'blocked'] as const;

export type Vcpu = {
  number: number;
  state: (typeof vcpuStates)[number] | 'unknown';
  cpuTimeNs: number;
  /** The host's CPU on which it runs or ran last; undefined when the driver does not tell. */
  hostCpu: number | undefined;
};

export type DomainVcpus = {
  /** Each with its state; of a running domain. */
  list(options?: CallOptions): Promise<Vcpu[]>;
  count(flags?: number, options?: CallOptions): Promise<number>;
  setCount(count: number, flags?: number, options?: CallOptions): Promise<void>;
  /** Plugs or unplugs these, e.g. `1,3-4`. */
  set(vcpus: string, on: boolean, flags?: number, options?: CallOptions): Promise<void>;
  /** By the CPU's number, the host's CPUs on which it may run. */
  pins(flags?: number, options?: CallOptions): Promise<number[][]>;
  pin(vcpu: number, hostCpus: number[], flags?: number, options?: CallOptions): Promise<void>;
  /** The same for the emulator's own threads. */
  emulatorPin(flags?: number, options?: CallOptions): Promise<number[]>;
  pinEmulator(hostCpus: number[], flags?: number, options?: CallOptions): Promise<void>;
  /** What the guest's agent says: `vcpus`, `online` and `offlinable`, as lists such as `0-3`. */
  inGuest(options?: CallOptions): Promise<Record<string, PlainValue>>;
  setInGuest(vcpus: string, on: boolean, options?: CallOptions): Promise<void>;
};

/** Bytes of a map of all of the host's CPUs, which its topology counts whether they are online or not. */
async function mapLengthOf(session: Session, options?: CallOptions): Promise<number> {
  const { nodes, sockets, cores, threads } = await session.call(connectCalls.nodeGetInfo, undefined, options);
  return Math.ceil((nodes * sockets * cores * threads) / 8);
}

async function pinsOf(session: Session, dom: DomainHandle, flags: number, options?: CallOptions) {
  const mapLength = await mapLengthOf(session, options);
  const countArgs = { dom, flags: flags | vcpuFlags.maximum };
  const count = await session.call(vcpuCalls.domainGetVcpusFlags, countArgs, options);
  const args = { dom, count, mapLength, flags };
  const answer = await session.call(vcpuCalls.domainGetVcpuPinInfo, args, options);
  return splitMaps(answer.maps, mapLength).slice(0, answer.count);
}

async function vcpusOf(session: Session, dom: DomainHandle, options?: CallOptions): Promise<Vcpu[]> {
  const args = { dom, maxInfo: maxVcpus, mapLength: 0 };
  const { info } = await session.call(vcpuCalls.domainGetVcpus, args, options);
  return info.map(({ number, state, cpuTime, cpu }) => ({
    number,
    state: vcpuStates[state] ?? 'unknown',
    cpuTimeNs: cpuTime,
    hostCpu: cpu < 0 ? undefined : cpu,
  }));
}

const stateOf = (on: boolean): number => (on ? 1 : 0);

export const domainVcpus = (session: Session, dom: DomainHandle): DomainVcpus => ({
  list: (options) => vcpusOf(session, dom, options),
  count: (flags = 0, options) => session.call(vcpuCalls.domainGetVcpusFlags, { dom, flags }, options),
  setCount: (count, flags = 0, options) =>
    session.call(vcpuCalls.domainSetVcpusFlags, { dom, count, flags }, options),
  set: (cpus, on, flags = 0, options) =>
    session.call(vcpuCalls.domainSetVcpu, { dom, cpus, state: stateOf(on), flags }, options),
  pins: (flags = 0, options) => pinsOf(session, dom, flags, options),
  pin: (vcpu, cpus, flags = 0, options) =>
    session.call(vcpuCalls.domainPinVcpuFlags, { dom, vcpu, cpus, flags }, options),
  emulatorPin: async (flags = 0, options) => {
    const mapLength = await mapLengthOf(session, options);
    const args = { dom, mapLength, flags };
    const { maps } = await session.call(vcpuCalls.domainGetEmulatorPinInfo, args, options);
    return splitMaps(maps, mapLength)[0] ?? [];
  },
  pinEmulator: (cpus, flags = 0, options) =>
    session.call(vcpuCalls.domainPinEmulator, { dom, cpus, flags }, options),
  inGuest: async (options) =>
    toRecord(await session.call(vcpuCalls.domainGetGuestVcpus, { dom, flags: 0 }, options)),
  setInGuest: (cpus, on, options) =>
    session.call(vcpuCalls.domainSetGuestVcpus, { dom, cpus, state: stateOf(on), flags: 0 }, options),
});

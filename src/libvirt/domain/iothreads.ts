/** A domain's threads that serve disks beside its CPUs. Flags are `affectFlags`. */
import type { CallOptions } from '../call.ts';
import { vcpuCalls } from '../procedures/vcpu.ts';
import type { Session } from '../session.ts';
import type { DomainHandle } from '../wire-structures.ts';

export type IoThread = {
  id: number;
  /** The host's CPUs on which it may run. */
  hostCpus: number[];
};

export type DomainIoThreads = {
  list(flags?: number, options?: CallOptions): Promise<IoThread[]>;
  add(id: number, flags?: number, options?: CallOptions): Promise<void>;
  remove(id: number, flags?: number, options?: CallOptions): Promise<void>;
  pin(id: number, hostCpus: number[], flags?: number, options?: CallOptions): Promise<void>;
};

export const domainIoThreads = (session: Session, dom: DomainHandle): DomainIoThreads => ({
  list: async (flags = 0, options) => {
    const { info } = await session.call(vcpuCalls.domainGetIothreadInfo, { dom, flags }, options);
    return info.map(({ id, cpus }) => ({ id, hostCpus: cpus }));
  },
  add: (id, flags = 0, options) => session.call(vcpuCalls.domainAddIothread, { dom, id, flags }, options),
  remove: (id, flags = 0, options) => session.call(vcpuCalls.domainDelIothread, { dom, id, flags }, options),
  pin: (id, cpus, flags = 0, options) =>
    session.call(vcpuCalls.domainPinIothread, { dom, id, cpus, flags }, options),
});

/** The host: its CPUs, which of them a domain could have, and how busy it is. */
import type { CallOptions } from './call.ts';
import { connectCalls, maxCells } from './procedures/connect.ts';
import type { Session } from './session.ts';

/** Which hypervisor on the host is meant; what is absent is the daemon's default. */
export type Hypervisor = {
  emulator?: string | undefined;
  arch?: string | undefined;
  machine?: string | undefined;
  /** `kvm`, `qemu`. */
  virtType?: string | undefined;
};

/** `compareCpu` (virConnectCompareCPUFlags). */
export const compareCpuFlags = {
  /** Fail with cpuIncompatible instead of saying so. */
  failIncompatible: 1 << 0,
  validate: 1 << 1,
} as const;

/** `baselineCpu` (virConnectBaselineCPUFlags). */
export const baselineCpuFlags = {
  /** Name all features, also those that the model implies. */
  expandFeatures: 1 << 0,
  /** Leave out what prevents a migration. */
  migratable: 1 << 1,
} as const;

/** virCPUCompareResult: what the host has, beside what is asked for. */
const comparisons = ['incompatible', 'identical', 'superset'] as const;
export type CpuComparison = (typeof comparisons)[number] | 'unknown';

export type CpuOptions = {
  /** Of this hypervisor, instead of the bare host. */
  hypervisor?: Hypervisor | undefined;
  /** `compareCpuFlags` or `baselineCpuFlags`. */
  flags?: number | undefined;
};

export type Host = {
  /** Whether a domain with this `<cpu>` could run here. */
  compareCpu(xml: string, how?: CpuOptions, options?: CallOptions): Promise<CpuComparison>;
  /** The `<cpu>` that all of these hosts have: each is a `<cpu>` of a host's capabilities or, for a hypervisor, of
   *  its domain capabilities. */
  baselineCpu(xmls: string[], how?: CpuOptions, options?: CallOptions): Promise<string>;
  /** Names of CPU models that libvirt knows. @param arch e.g. `x86_64`. */
  cpuModels(arch: string, options?: CallOptions): Promise<string[]>;
  /** CPU time in ns since the host booted: `user`, `kernel`, `idle`, `iowait`. @param cpu one; by default all. */
  cpuStats(of?: { cpu?: number }, options?: CallOptions): Promise<Record<string, number>>;
  /** KiB: `total`, `free`, `buffers`, `cached`. @param cell one NUMA cell; by default all. */
  memoryStats(of?: { cell?: number }, options?: CallOptions): Promise<Record<string, number>>;
  freeMemoryBytes(options?: CallOptions): Promise<number>;
  /** Of each NUMA cell. */
  freeMemoryBytesByCell(options?: CallOptions): Promise<number[]>;
  /** How many CPUs a domain of this type may have. @param type e.g. `kvm`. */
  maxVcpus(type?: string, options?: CallOptions): Promise<number>;
  /** Whether nobody on the way to the daemon can listen. */
  isSecure(options?: CallOptions): Promise<boolean>;
};

/** VIR_NODE_CPU_STATS_ALL_CPUS and VIR_NODE_MEMORY_STATS_ALL_CELLS. */
const all = -1;

type Counters = { values: { field: string; value: number }[]; count: number };

/** Drivers want exactly as many asked for as there are, and tell how many that is when asked for none. */
async function allCounters(ask: (count: number) => Promise<Counters>): Promise<Record<string, number>> {
  const { count } = await ask(0);
  const { values } = await ask(count);
  return Object.fromEntries(values.map(({ field, value }) => [field, value]));
}

const whichHypervisor = ({ emulator, arch, machine, virtType }: Hypervisor) => ({
  emulator,
  arch,
  machine,
  virtType,
});

const cpuPart = (session: Session) =>
  ({
    compareCpu: async (xml, { hypervisor, flags = 0 } = {}, options) => {
      const result =
        hypervisor === undefined
          ? session.call(connectCalls.connectCompareCpu, { xml, flags }, options)
          : session.call(
              connectCalls.connectCompareHypervisorCpu,
              { ...whichHypervisor(hypervisor), xml, flags },
              options,
            );
      return comparisons[await result] ?? 'unknown';
    },
    baselineCpu: (xmls, { hypervisor, flags = 0 } = {}, options) => {
      if (hypervisor === undefined)
        return session.call(connectCalls.connectBaselineCpu, { xmls, flags }, options);
      const args = { ...whichHypervisor(hypervisor), xmls, flags };
      return session.call(connectCalls.connectBaselineHypervisorCpu, args, options);
    },
    cpuModels: async (arch, options) => {
      const args = { arch, needResults: true, flags: 0 };
      return (await session.call(connectCalls.connectGetCpuModelNames, args, options)).models;
    },
  }) satisfies Partial<Host>;

const loadPart = (session: Session) =>
  ({
    cpuStats: ({ cpu = all } = {}, options) =>
      allCounters((count) => session.call(connectCalls.nodeGetCpuStats, { cpu, count, flags: 0 }, options)),
    memoryStats: ({ cell = all } = {}, options) =>
      allCounters((count) =>
        session.call(connectCalls.nodeGetMemoryStats, { count, cell, flags: 0 }, options),
      ),
    freeMemoryBytes: (options) => session.call(connectCalls.nodeGetFreeMemory, undefined, options),
    freeMemoryBytesByCell: (options) =>
      session.call(connectCalls.nodeGetCellsFreeMemory, { startCell: 0, maxCells }, options),
    maxVcpus: (type, options) => session.call(connectCalls.connectGetMaxVcpus, { type }, options),
    isSecure: (options) => session.call(connectCalls.connectIsSecure, undefined, options),
  }) satisfies Partial<Host>;

export const host = (session: Session): Host => ({ ...cpuPart(session), ...loadPart(session) });

/** One domain: what can be asked of it and done to it. Flags are in `constants.ts`. */
import type { Duplex } from 'node:stream';
import type { CallOptions } from './call.ts';
import { type DomainState, describeState, domainStates, type StateReport } from './domain-states.ts';
import { type JobStats, type JobType, jobTypeName, toJobStats } from './job-stats.ts';
import { type MemoryStats, toMemoryStats } from './memory-stats.ts';
import { type SourceMigration, sourceMigration } from './migration.ts';
import { type Procedure, procedures } from './procedures.ts';
import type { Session } from './session.ts';
import type { BlockStats, DomainHandle, InterfaceStats } from './wire-structures.ts';

export type DomainInfo = {
  state: DomainState;
  maxMemoryKiB: number;
  memoryKiB: number;
  vcpus: number;
  cpuTimeNs: number;
};

/** Sizes in bytes: used on the host, as the guest sees it, of the file or device on the host. */
export type BlockInfo = { allocation: number; capacity: number; physical: number };

/** virDomainJobInfo: amounts in bytes over all that the job moves. `jobStats` says more. */
export type JobInfo = {
  type: JobType;
  timeElapsed: number;
  timeRemaining: number;
  dataTotal: number;
  dataProcessed: number;
  dataRemaining: number;
};

type OnFlags = Procedure<{ dom: DomainHandle; flags: number }, void>;

const jobStatsFlags = { completed: 1 << 0, keepCompleted: 1 << 1 } as const;

export class Domain {
  /** The source's part of a migration. */
  readonly migration: SourceMigration;
  private readonly session: Session;
  private current: DomainHandle;

  constructor(session: Session, handle: DomainHandle) {
    this.session = session;
    this.current = handle;
    this.migration = sourceMigration(session, handle);
  }

  get name(): string {
    return this.current.name;
  }

  get uuid(): string {
    return this.current.uuid;
  }

  /** libvirt's number of the running domain when it was looked up or started; -1 when it did not run. */
  get id(): number {
    return this.current.id;
  }

  /** Plain data, for `connection.domain()` and for events. */
  get handle(): DomainHandle {
    return this.current;
  }

  /** Starts a defined domain. @throws LibvirtError operationInvalid when it runs. */
  async start(flags = 0, options?: CallOptions): Promise<void> {
    const { dom } = await this.session.call(procedures.domainCreateWithFlags, this.with(flags), options);
    this.current = dom;
  }

  /** Asks the guest to shut down, and does not wait until it has. */
  shutdown(flags = 0, options?: CallOptions): Promise<void> {
    return this.act(procedures.domainShutdownFlags, flags, options);
  }

  /** Ends it at once, as pulling the plug does. A domain that is not defined is gone after that. */
  destroy(flags = 0, options?: CallOptions): Promise<void> {
    return this.act(procedures.domainDestroyFlags, flags, options);
  }

  reset(options?: CallOptions): Promise<void> {
    return this.act(procedures.domainReset, 0, options);
  }

  /** Stops its CPUs. */
  suspend(options?: CallOptions): Promise<void> {
    return this.session.call(procedures.domainSuspend, { dom: this.current }, options);
  }

  resume(options?: CallOptions): Promise<void> {
    return this.session.call(procedures.domainResume, { dom: this.current }, options);
  }

  /** Forgets its definition; a running domain runs on, and is gone when it ends. */
  undefine(flags = 0, options?: CallOptions): Promise<void> {
    return this.act(procedures.domainUndefineFlags, flags, options);
  }

  xml(flags = 0, options?: CallOptions): Promise<string> {
    return this.session.call(procedures.domainGetXmlDesc, this.with(flags), options);
  }

  async state(options?: CallOptions): Promise<StateReport> {
    const { state, reason } = await this.session.call(procedures.domainGetState, this.with(0), options);
    return describeState(state, reason);
  }

  async info(options?: CallOptions): Promise<DomainInfo> {
    const info = await this.session.call(procedures.domainGetInfo, { dom: this.current }, options);
    const { maxMemory: maxMemoryKiB, memory: memoryKiB, vcpus, cpuTime: cpuTimeNs } = info;
    return { state: domainStates[info.state] ?? 'nostate', maxMemoryKiB, memoryKiB, vcpus, cpuTimeNs };
  }

  /** What the balloon and the host know of its memory. */
  async memoryStats(options?: CallOptions): Promise<MemoryStats> {
    const args = { dom: this.current, maxStats: 64, flags: 0 };
    return toMemoryStats(await this.session.call(procedures.domainMemoryStats, args, options));
  }

  /** @param disk the target (`vda`) or the source's path. */
  blockInfo(disk: string, options?: CallOptions): Promise<BlockInfo> {
    const args = { dom: this.current, path: disk, flags: 0 };
    return this.session.call(procedures.domainGetBlockInfo, args, options);
  }

  /** Of a running domain. @param disk the target (`vda`), the source's path, or '' for all disks together. */
  blockStats(disk: string, options?: CallOptions): Promise<BlockStats> {
    return this.session.call(procedures.domainBlockStats, { dom: this.current, path: disk }, options);
  }

  /** @param device the interface's target (`vnet0`) or its MAC address. */
  interfaceStats(device: string, options?: CallOptions): Promise<InterfaceStats> {
    return this.session.call(procedures.domainInterfaceStats, { dom: this.current, device }, options);
  }

  /** The job's numbers; with `completed` those of the last one that ended, which are forgotten when read once,
   *  unless `keepCompleted`. The statistics of a migration that ended belong to the destination's domain too. */
  async jobStats(
    which: { completed?: boolean; keepCompleted?: boolean } = {},
    options?: CallOptions,
  ): Promise<JobStats> {
    const flags =
      (which.completed === true ? jobStatsFlags.completed : 0) |
      (which.keepCompleted === true ? jobStatsFlags.keepCompleted : 0);
    const { type, params } = await this.session.call(procedures.domainGetJobStats, this.with(flags), options);
    return toJobStats(type, params);
  }

  async jobInfo(options?: CallOptions): Promise<JobInfo> {
    const info = await this.session.call(procedures.domainGetJobInfo, { dom: this.current }, options);
    return { ...info, type: jobTypeName(info.type) };
  }

  /** Ends the job; the call that started it then fails with operationAborted. */
  abortJob(flags = 0, options?: CallOptions): Promise<void> {
    // Daemons before 8.5 know the call without flags alone.
    if (flags !== 0) return this.act(procedures.domainAbortJobFlags, flags, options);
    return this.session.call(procedures.domainAbortJob, { dom: this.current }, options);
  }

  /** Milliseconds for which a migration may stop the guest. */
  maxDowntime(options?: CallOptions): Promise<number> {
    return this.session.call(procedures.domainMigrateGetMaxDowntime, this.with(0), options);
  }

  setMaxDowntime(downtime: number, options?: CallOptions): Promise<void> {
    const args = { dom: this.current, downtime, flags: 0 };
    return this.session.call(procedures.domainMigrateSetMaxDowntime, args, options);
  }

  /** A migration's bandwidth in MiB/s. */
  maxSpeed(options?: CallOptions): Promise<number> {
    return this.session.call(procedures.domainMigrateGetMaxSpeed, this.with(0), options);
  }

  setMaxSpeed(bandwidth: number, options?: CallOptions): Promise<void> {
    const args = { dom: this.current, bandwidth, flags: 0 };
    return this.session.call(procedures.domainMigrateSetMaxSpeed, args, options);
  }

  /** Turns a migration begun with `migrateFlags.postcopy` into a post-copy one. */
  startPostCopy(options?: CallOptions): Promise<void> {
    return this.act(procedures.domainMigrateStartPostCopy, 0, options);
  }

  /**
   * The serial console, on a connection of its own that closes with the stream: neither a reader who does not read
   * nor a guest that takes no input can hold up other calls. `end()` closes the console in both directions.
   */
  async openConsole(
    { device, flags = 0 }: { device?: string; flags?: number } = {},
    options?: CallOptions,
  ): Promise<Duplex> {
    const own = await this.session.again(options);
    try {
      const args = { dom: this.current, device, flags };
      const stream = await own.openStream(procedures.domainOpenConsole, args, options);
      stream.onOver(() => own.close());
      return stream;
    } catch (error) {
      await own.close();
      throw error;
    }
  }

  private with(flags: number): { dom: DomainHandle; flags: number } {
    return { dom: this.current, flags };
  }

  private act(procedure: OnFlags, flags: number, options?: CallOptions): Promise<void> {
    return this.session.call(procedure, this.with(flags), options);
  }
}

/** One domain: what can be asked of it and done to it. Flags are in `constants.ts`. */
import type { Duplex } from 'node:stream';
import type { CallOptions } from './call.ts';
import { DomainParts } from './domain/parts.ts';
import { type DomainState, describeState, domainStates, type StateReport } from './domain-states.ts';
import { type Amounts, type JobStats, type JobType, jobTypeName, toJobStats } from './job-stats.ts';
import { openOwnStream } from './own-stream.ts';
import type { Procedure } from './procedure.ts';
import { domainCalls } from './procedures/domain.ts';
import type { DomainHandle } from './wire-structures.ts';

export type DomainInfo = {
  state: DomainState;
  maxMemoryKiB: number;
  memoryKiB: number;
  vcpus: number;
  cpuTimeNs: number;
};

/** virDomainJobInfo: less than `jobStats` tells, but from every driver. */
export type JobInfo = {
  type: JobType;
  timeElapsedMs: number;
  timeRemainingMs: number;
  data: Required<Amounts>;
  memory: Required<Amounts>;
  file: Required<Amounts>;
};

type OnFlags = Procedure<{ dom: DomainHandle; flags: number }, void>;

const jobStatsFlags = { completed: 1 << 0, keepCompleted: 1 << 1 } as const;

export class Domain extends DomainParts {
  /** Starts a defined domain. @throws LibvirtError operationInvalid when it runs. */
  async start(flags = 0, options?: CallOptions): Promise<void> {
    const { dom } = await this.session.call(domainCalls.domainCreateWithFlags, this.with(flags), options);
    this.current = dom;
  }

  /** Asks the guest to shut down, and does not wait until it has. */
  shutdown(flags = 0, options?: CallOptions): Promise<void> {
    return this.act(domainCalls.domainShutdownFlags, flags, options);
  }

  /** Ends it at once, as pulling the plug does. A domain that is not defined is gone after that. */
  destroy(flags = 0, options?: CallOptions): Promise<void> {
    return this.act(domainCalls.domainDestroyFlags, flags, options);
  }

  reset(options?: CallOptions): Promise<void> {
    return this.act(domainCalls.domainReset, 0, options);
  }

  /** Stops its CPUs. */
  suspend(options?: CallOptions): Promise<void> {
    return this.session.call(domainCalls.domainSuspend, { dom: this.current }, options);
  }

  resume(options?: CallOptions): Promise<void> {
    return this.session.call(domainCalls.domainResume, { dom: this.current }, options);
  }

  /** Forgets its definition; a running domain runs on, and is gone when it ends. */
  undefine(flags = 0, options?: CallOptions): Promise<void> {
    return this.act(domainCalls.domainUndefineFlags, flags, options);
  }

  xml(flags = 0, options?: CallOptions): Promise<string> {
    return this.session.call(domainCalls.domainGetXmlDesc, this.with(flags), options);
  }

  async state(options?: CallOptions): Promise<StateReport> {
    const { state, reason } = await this.session.call(domainCalls.domainGetState, this.with(0), options);
    return describeState(state, reason);
  }

  isActive(options?: CallOptions): Promise<boolean> {
    return this.session.call(domainCalls.domainIsActive, { dom: this.current }, options);
  }

  /** Whether it has a definition that stays when it ends. */
  isPersistent(options?: CallOptions): Promise<boolean> {
    return this.session.call(domainCalls.domainIsPersistent, { dom: this.current }, options);
  }

  /** Whether its definition was changed since it started. */
  isUpdated(options?: CallOptions): Promise<boolean> {
    return this.session.call(domainCalls.domainIsUpdated, { dom: this.current }, options);
  }

  /** Whether it starts with the daemon. */
  autostart(options?: CallOptions): Promise<boolean> {
    return this.session.call(domainCalls.domainGetAutostart, { dom: this.current }, options);
  }

  setAutostart(autostart: boolean, options?: CallOptions): Promise<void> {
    return this.session.call(domainCalls.domainSetAutostart, { dom: this.current, autostart }, options);
  }

  /** Gives a domain that does not run another name. */
  async rename(name: string, options?: CallOptions): Promise<void> {
    await this.session.call(domainCalls.domainRename, { ...this.with(0), name }, options);
    this.current = { ...this.current, name };
  }

  async info(options?: CallOptions): Promise<DomainInfo> {
    const info = await this.session.call(domainCalls.domainGetInfo, { dom: this.current }, options);
    const { maxMemory: maxMemoryKiB, memory: memoryKiB, vcpus, cpuTime: cpuTimeNs } = info;
    return { state: domainStates[info.state] ?? 'unknown', maxMemoryKiB, memoryKiB, vcpus, cpuTimeNs };
  }

  /** The job's numbers; with `completed` those of the last one that ended, which are forgotten when read once,
   *  unless `keepCompleted`. The statistics of a migration that ended belong to the destination's domain too. */
  async jobStats(
    which: { completed?: boolean | undefined; keepCompleted?: boolean | undefined } = {},
    options?: CallOptions,
  ): Promise<JobStats> {
    const flags =
      (which.completed === true ? jobStatsFlags.completed : 0) |
      (which.keepCompleted === true ? jobStatsFlags.keepCompleted : 0);
    const { type, params } = await this.session.call(
      domainCalls.domainGetJobStats,
      this.with(flags),
      options,
    );
    return toJobStats(type, params);
  }

  async jobInfo(options?: CallOptions): Promise<JobInfo> {
    const info = await this.session.call(domainCalls.domainGetJobInfo, { dom: this.current }, options);
    const { type, timeElapsed: timeElapsedMs, timeRemaining: timeRemainingMs, ...amounts } = info;
    return { type: jobTypeName(type), timeElapsedMs, timeRemainingMs, ...amounts };
  }

  /** Ends the job; the call that started it then fails with operationAborted. Since libvirt 8.5.
   *  @param flags `abortJobFlags`. */
  abortJob(flags = 0, options?: CallOptions): Promise<void> {
    return this.act(domainCalls.domainAbortJobFlags, flags, options);
  }

  /**
   * The serial console, on a connection of its own that closes with the stream: neither a reader who does not read
   * nor a guest that takes no input can hold up other calls. `end()` closes the console in both directions.
   * @param options `signal` goes for the whole stream.
   */
  openConsole(
    { device, flags = 0 }: { device?: string | undefined; flags?: number | undefined } = {},
    options?: CallOptions,
  ): Promise<Duplex> {
    const args = { dom: this.current, device, flags };
    return openOwnStream(this.session, domainCalls.domainOpenConsole, args, options);
  }

  private with(flags: number): { dom: DomainHandle; flags: number } {
    return { dom: this.current, flags };
  }

  private act(procedure: OnFlags, flags: number, options?: CallOptions): Promise<void> {
    return this.session.call(procedure, this.with(flags), options);
  }
}

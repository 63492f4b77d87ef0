/** A domain's name, and the parts of what can be done with it: each facet is a file of its own. */
import { type SourceMigration, sourceMigration } from '../migration.ts';
import type { Session } from '../session.ts';
import type { DomainHandle } from '../wire-structures.ts';
import { type DomainBackup, domainBackup } from './backup.ts';
import { type DomainBlockJobs, domainBlockJobs } from './block-jobs.ts';
import { type DomainCheckpoints, domainCheckpoints } from './checkpoints.ts';
import { type DomainDevices, domainDevices } from './devices.ts';
import { type DomainDisks, domainDisks } from './disks.ts';
import { type DomainGuest, domainGuest } from './guest.ts';
import { type DomainInterfaces, domainInterfaces } from './interfaces.ts';
import { type DomainIoThreads, domainIoThreads } from './iothreads.ts';
import { type DomainMemory, domainMemory } from './memory.ts';
import { type DomainMetadata, domainMetadata } from './metadata.ts';
import { type DomainMonitor, domainMonitor } from './monitor.ts';
import { type DomainPower, domainPower } from './power.ts';
import { type DomainSaves, domainSaves } from './saves.ts';
import { type DomainScreen, domainScreen } from './screen.ts';
import { type DomainSnapshots, domainSnapshots } from './snapshots.ts';
import { type DomainTuning, domainTuning } from './tuning.ts';
import { type DomainVcpus, domainVcpus } from './vcpus.ts';

export class DomainParts {
  protected readonly session: Session;
  protected current: DomainHandle;

  constructor(session: Session, handle: DomainHandle) {
    this.session = session;
    this.current = handle;
  }

  /** The source's part of a migration. */
  get migration(): SourceMigration {
    return sourceMigration(this.session, this.current);
  }

  get disks(): DomainDisks {
    return domainDisks(this.session, this.current);
  }

  /** Copies, commits and pulls of disks' layers. */
  get blockJobs(): DomainBlockJobs {
    return domainBlockJobs(this.session, this.current);
  }

  get snapshots(): DomainSnapshots {
    return domainSnapshots(this.session, this.current);
  }

  get checkpoints(): DomainCheckpoints {
    return domainCheckpoints(this.session, this.current);
  }

  get backup(): DomainBackup {
    return domainBackup(this.session, this.current);
  }

  get vcpus(): DomainVcpus {
    return domainVcpus(this.session, this.current);
  }

  get ioThreads(): DomainIoThreads {
    return domainIoThreads(this.session, this.current);
  }

  get memory(): DomainMemory {
    return domainMemory(this.session, this.current);
  }

  /** Shares of the host. */
  get tuning(): DomainTuning {
    return domainTuning(this.session, this.current);
  }

  get devices(): DomainDevices {
    return domainDevices(this.session, this.current);
  }

  get interfaces(): DomainInterfaces {
    return domainInterfaces(this.session, this.current);
  }

  /** Screen, keyboard and channels. */
  get screen(): DomainScreen {
    return domainScreen(this.session, this.current);
  }

  /** Its memory in a file. */
  get saves(): DomainSaves {
    return domainSaves(this.session, this.current);
  }

  get power(): DomainPower {
    return domainPower(this.session, this.current);
  }

  get metadata(): DomainMetadata {
    return domainMetadata(this.session, this.current);
  }

  /** What the agent inside the guest does. */
  get guest(): DomainGuest {
    return domainGuest(this.session, this.current);
  }

  /** QEMU's own monitor. */
  get monitor(): DomainMonitor {
    return domainMonitor(this.session, this.current);
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
}

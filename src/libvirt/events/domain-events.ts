/** What may happen to a domain (virDomainEventID in libvirt-domain.h). `alias` is a device's name in the domain's XML. */
import { describeLifecycle, type LifecycleReport } from '../domain-states.ts';
import { type Kind, domainKind as kind } from '../event-kind.ts';
import { type JobStats, toJobStats } from '../job-stats.ts';
import { eventMessages as messages } from '../procedures/events.ts';
import { type PlainValue, toRecord } from '../typed-parameters.ts';
import type { DomainHandle } from '../wire-structures.ts';
import * as words from './domain-event-words.ts';

type OnDomain = { domain: DomainHandle };
type OnDevice = OnDomain & { alias: string };

export type DomainEvents = {
  /** `event`: `defined` `undefined` `started` `suspended` `resumed` `stopped` `shutdown` `pmsuspended` `crashed`;
   *  `detail`: why, e.g. `migrated`. */
  lifecycle: OnDomain & LifecycleReport;
  /** The guest, or `Domain.reset`, began anew. */
  reboot: OnDomain;
  /** The guest set its clock; seconds off the host's. */
  'rtc-change': OnDomain & { offsetSeconds: number };
  /** The guest's watchdog went off, and this was done. */
  watchdog: OnDomain & { action: words.WatchdogAction };
  /** A disk failed. `reason` is empty or a word of the driver's, e.g. `enospc`. */
  'io-error': OnDevice & { path: string; action: words.IoErrorAction; reason: string };
  /** Somebody's screen connects or leaves. */
  graphics: OnDomain & {
    phase: words.GraphicsPhase;
    local: words.GraphicsEndpoint;
    remote: words.GraphicsEndpoint;
    scheme: string;
    subject: { type: string; name: string }[];
  };
  /** A disk's source was missing when the domain started; it began without it. */
  'disk-change': OnDevice & {
    oldPath: string | undefined;
    newPath: string | undefined;
    reason: words.DiskChangeReason;
  };
  'tray-change': OnDevice & { tray: words.TrayState };
  'pm-wakeup': OnDomain;
  /** The guest went to sleep, its memory kept. */
  'pm-suspend': OnDomain;
  /** The guest went to sleep, its memory on disk. */
  'pm-suspend-disk': OnDomain;
  /** The guest gave memory back, or took it: it now has this much. */
  'balloon-change': OnDomain & { actualKiB: number };
  'device-added': OnDevice;
  /** The guest has let a device go, and it is gone: what `detachDevice` only asks for. */
  'device-removed': OnDevice;
  /** `disk` is the disk's target, e.g. `vda`. Disks that a migration copies report here too. */
  'block-job': OnDomain & { disk: string; type: words.BlockJobType; status: words.BlockJobStatus };
  /** A setting changed, by libvirt's names, e.g. `cputune.vcpupin0`. */
  tunable: OnDomain & { values: Record<string, PlainValue> };
  'agent-lifecycle': OnDomain & { state: words.AgentState; reason: words.AgentReason };
  /** A migration's new round over the memory began (QEMU only). */
  'migration-iteration': OnDomain & { iteration: number };
  /** A job ended; the same numbers as `Domain.jobStats({ completed: true })`. For a migration it comes from both
   *  sides; only the source's counts the bytes of the disks, and it comes when `confirm` is done. */
  'job-completed': OnDomain & { stats: JobStats };
  /** `uri` names the element of the type `element`. */
  'metadata-change': OnDomain & { type: words.MetadataType; uri: string | undefined };
  /** A write went past the mark of `Domain.disks.setThreshold`, once: the mark is gone then. `device` as it was given
   *  there, `path` the file's when there is one; the mark and how far beyond it the write went in bytes. */
  'block-threshold': OnDomain & {
    device: string;
    path: string | undefined;
    thresholdBytes: number;
    excessBytes: number;
  };
};

/** virDomainJobType: the event itself says no more than that the job ended. */
const completedJob = 3;

const only = ({ dom }: { dom: DomainHandle }): OnDomain => ({ domain: dom });
const onAlias = ({ dom, alias }: { dom: DomainHandle; alias: string }): OnDevice => ({ domain: dom, alias });

export const domainEvents: { readonly [K in keyof DomainEvents]: Kind<DomainEvents[K]> } = {
  lifecycle: kind(0, messages.lifecycle, ({ dom, event, detail }) => ({
    domain: dom,
    ...describeLifecycle(event, detail),
  })),
  reboot: kind(1, messages.reboot, only),
  'rtc-change': kind(2, messages.rtcChange, ({ dom, offset }) => ({
    domain: dom,
    offsetSeconds: Number(offset),
  })),
  watchdog: kind(3, messages.watchdog, ({ dom, action }) => ({
    domain: dom,
    action: words.watchdogActions[action] ?? 'unknown',
  })),
  graphics: kind(5, messages.graphics, ({ dom, phase, local, remote, scheme, subject }) => ({
    domain: dom,
    phase: words.graphicsPhases[phase] ?? 'unknown',
    local: words.toEndpoint(local),
    remote: words.toEndpoint(remote),
    scheme,
    subject,
  })),
  'io-error': kind(6, messages.ioErrorReason, ({ dom, path, alias, action, reason }) => ({
    domain: dom,
    path,
    alias,
    action: words.ioErrorActions[action] ?? 'unknown',
    reason,
  })),
  'disk-change': kind(9, messages.diskChange, ({ dom, oldPath, newPath, alias, reason }) => ({
    domain: dom,
    oldPath,
    newPath,
    alias,
    reason: words.diskChangeReasons[reason] ?? 'unknown',
  })),
  'tray-change': kind(10, messages.trayChange, ({ dom, alias, reason }) => ({
    domain: dom,
    alias,
    tray: words.trayStates[reason] ?? 'unknown',
  })),
  'pm-wakeup': kind(11, messages.pmWakeup, only),
  'pm-suspend': kind(12, messages.pmSuspend, only),
  'balloon-change': kind(13, messages.balloonChange, ({ dom, actual }) => ({
    domain: dom,
    actualKiB: actual,
  })),
  'pm-suspend-disk': kind(14, messages.pmSuspendDisk, only),
  'device-removed': kind(15, messages.deviceRemoved, onAlias),
  'block-job': kind(16, messages.blockJob, ({ dom, disk, type, status }) => ({
    domain: dom,
    disk,
    type: words.blockJobTypes[type] ?? 'unknown',
    status: words.blockJobStatuses[status] ?? 'unknown',
  })),
  tunable: kind(17, messages.tunable, ({ dom, params }) => ({ domain: dom, values: toRecord(params) })),
  'agent-lifecycle': kind(18, messages.agentLifecycle, ({ dom, state, reason }) => ({
    domain: dom,
    state: words.agentStates[state] ?? 'unknown',
    reason: words.agentReasons[reason] ?? 'unknown',
  })),
  'device-added': kind(19, messages.deviceAdded, onAlias),
  'migration-iteration': kind(20, messages.migrationIteration, ({ dom, iteration }) => ({
    domain: dom,
    iteration,
  })),
  'job-completed': kind(21, messages.jobCompleted, ({ dom, params }) => ({
    domain: dom,
    stats: toJobStats(completedJob, params),
  })),
  'metadata-change': kind(23, messages.metadataChange, ({ dom, type, uri }) => ({
    domain: dom,
    type: words.metadataTypes[type] ?? 'unknown',
    uri,
  })),
  'block-threshold': kind(24, messages.blockThreshold, ({ dom, device, path, threshold, excess }) => ({
    domain: dom,
    device,
    path,
    thresholdBytes: threshold,
    excessBytes: excess,
  })),
};

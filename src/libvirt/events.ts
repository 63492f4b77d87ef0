/**
 * Events: the daemon tells of what happens to domains, once asked to.
 *
 * Each subscription is a registration of its own with the daemon, which numbers it and puts the number into every
 * message. A message may overtake the reply that tells the number (they come from different threads of the daemon),
 * so messages of unknown numbers are kept while a registration is under way.
 */
import { channel } from 'node:diagnostics_channel';
import type { CallOptions } from './call.ts';
import { describeLifecycle, type LifecycleReport } from './domain-states.ts';
import { LibvirtConnectionError } from './errors.ts';
import type { Frame } from './frame.ts';
import { type JobStats, toJobStats } from './job-stats.ts';
import { eventCalls, eventMessages } from './procedures/events.ts';
import type { Session } from './session.ts';
import type { DomainHandle } from './wire-structures.ts';
import { type Codec, decode } from './xdr.ts';

/** virDomainBlockJobType and virConnectDomainEventBlockJobStatus. */
const blockJobTypes = ['unknown', 'pull', 'copy', 'commit', 'active-commit', 'backup'] as const;
const blockJobStatuses = ['completed', 'failed', 'canceled', 'ready'] as const;

export type Events = {
  /** `event`: `defined` `undefined` `started` `suspended` `resumed` `stopped` `shutdown` `pmsuspended` `crashed`;
   *  `detail`: why, e.g. `migrated`. */
  lifecycle: { domain: DomainHandle } & LifecycleReport;
  /** A job ended; the same numbers as `Domain.jobStats({ completed: true })`. For a migration it comes from both
   *  sides; only the source's counts the bytes of the disks, and it comes when `confirm` is done. */
  'job-completed': { domain: DomainHandle; stats: JobStats };
  /** A migration's new round over the memory began (QEMU only). */
  'migration-iteration': { domain: DomainHandle; iteration: number };
  /** `disk` is the disk's target, e.g. `vda`. Disks that a migration copies report here too. */
  'block-job': {
    domain: DomainHandle;
    disk: string;
    type: (typeof blockJobTypes)[number];
    status: (typeof blockJobStatuses)[number] | 'unknown';
  };
  /** A write went past the mark of `Domain.disks.setThreshold`, once: the mark is gone then. `device` as it was given
   *  there, `path` the file's when there is one; the mark and how far beyond it the write went in bytes. */
  'block-threshold': {
    domain: DomainHandle;
    device: string;
    path: string | undefined;
    threshold: number;
    excess: number;
  };
};
export type EventKind = keyof Events;

/** Each event that is delivered is told on Node's diagnostics channel `libvirt:event`, as this. */
export type EventTrace = { name: EventKind };
const trace = channel('libvirt:event');

type Message = { callback: number };

type Kind<K extends EventKind> = {
  /** virDomainEventID. */
  id: number;
  /** The procedure number of its messages. */
  number: number;
  read(payload: Buffer): Message & { event: Events[K] };
};

const kind = <K extends EventKind, W extends Message>(
  id: number,
  message: { number: number; codec: Codec<W> },
  toEvent: (wire: W) => Events[K],
): Kind<K> => ({
  id,
  number: message.number,
  read: (payload) => {
    const wire = decode(message.codec, payload);
    return { callback: wire.callback, event: toEvent(wire) };
  },
});

/** virDomainJobType: the event itself says no more than that the job ended. */
const completedJob = 3;

const kinds: { [K in EventKind]: Kind<K> } = {
  lifecycle: kind(0, eventMessages.lifecycle, ({ dom, event, detail }) => ({
    domain: dom,
    ...describeLifecycle(event, detail),
  })),
  'block-job': kind(16, eventMessages.blockJob, ({ dom, disk, type, status }) => ({
    domain: dom,
    disk,
    type: blockJobTypes[type] ?? 'unknown',
    status: blockJobStatuses[status] ?? 'unknown',
  })),
  'migration-iteration': kind(20, eventMessages.migrationIteration, ({ dom, iteration }) => ({
    domain: dom,
    iteration,
  })),
  'job-completed': kind(21, eventMessages.jobCompleted, ({ dom, params }) => ({
    domain: dom,
    stats: toJobStats(completedJob, params),
  })),
  'block-threshold': kind(24, eventMessages.blockThreshold, ({ dom, device, path, threshold, excess }) => ({
    domain: dom,
    device,
    path,
    threshold,
    excess,
  })),
};

const kindsByNumber = new Map(
  Object.entries(kinds).map(([name, k]) => [k.number, { ...k, name: name as EventKind }]),
);

export type Subscription = {
  /** Ends it. Nothing is delivered after this was called. */
  stop(options?: CallOptions): Promise<void>;
};

export type SubscribeOptions = CallOptions & {
  /** Only this domain's events. */
  domain?: DomainHandle | undefined;
};

/** How many messages may wait for the number of their registration. */
const maxEarly = 1024;

type Listener = (event: Events[EventKind]) => void;

export class EventRouter {
  private readonly listeners = new Map<number, Listener>();
  private early: { callback: number; event: Events[EventKind] }[] = [];
  private registering = 0;

  /**
   * Calls `listener` for each event of that kind, in the order in which they happen, until the subscription is
   * stopped or the connection closes. @throws LibvirtError when the driver has no such event.
   */
  async on<K extends EventKind>(
    session: Session,
    name: K,
    listener: (event: Events[K]) => void,
    { domain, signal }: SubscribeOptions = {},
  ): Promise<Subscription> {
    const args = { event: kinds[name].id, dom: domain };
    this.registering += 1;
    try {
      const { callback } = await session.call(eventCalls.connectDomainEventCallbackRegisterAny, args, {
        signal,
      });
      // The registration's number stands for this kind alone.
      this.listeners.set(callback, listener as Listener);
      this.deliverEarly(callback);
      return { stop: (options) => this.stop(session, callback, options) };
    } finally {
      this.registering -= 1;
      if (this.registering === 0) this.early = [];
    }
  }

  /** Takes a message of the remote program. Kinds that nobody can have asked for are not looked at. */
  receive({ procedure, payload }: Frame): void {
    const known = kindsByNumber.get(procedure);
    if (known === undefined) return;
    const message = known.read(payload);
    trace.publish({ name: known.name } satisfies EventTrace);
    if (this.listeners.has(message.callback)) this.deliver(message.callback, message.event);
    else if (this.registering > 0) this.keep(message);
  }

  private keep(message: { callback: number; event: Events[EventKind] }): void {
    if (this.early.length >= maxEarly) {
      throw new LibvirtConnectionError(
        'protocol',
        'libvirt sent too many events that belong to no subscription.',
      );
    }
    this.early.push(message);
  }

  /** In a microtask of its own: what a listener throws is no fault of the connection. */
  private deliver(callback: number, event: Events[EventKind]): void {
    queueMicrotask(() => this.listeners.get(callback)?.(event));
  }

  private deliverEarly(callback: number): void {
    for (const message of this.early) {
      if (message.callback === callback) this.deliver(callback, message.event);
    }
    this.early = this.early.filter((message) => message.callback !== callback);
  }

  private async stop(session: Session, callback: number, options?: CallOptions): Promise<void> {
    if (!this.listeners.delete(callback)) return;
    await session.call(eventCalls.connectDomainEventCallbackDeregisterAny, { callback }, options);
  }
}

/**
 * Events: the daemon tells of what happens to domains and other objects, once asked to.
 *
 * Each subscription is a registration of its own with the daemon, which numbers it and puts the number into every
 * message. A message may overtake the reply that tells the number (they come from different threads of the daemon),
 * so messages of unknown numbers are kept while a registration is under way.
 */
import { channel } from 'node:diagnostics_channel';
import type { CallOptions } from './call.ts';
import { LibvirtConnectionError } from './errors.ts';
import type { Filter, Kind } from './event-kind.ts';
import { type EventKind, type Events, eventKinds } from './events/all-events.ts';
import type { Frame } from './frame.ts';
import type { Session } from './session.ts';
import { decode } from './xdr.ts';

export type { EventKind, Events };

/** Each event that is delivered is told on Node's diagnostics channel `libvirt:event`, as this. */
export type EventTrace = { name: EventKind };
const trace = channel('libvirt:event');

export type Subscription = {
  /** Ends it. Nothing is delivered after this was called. */
  stop(options?: CallOptions): Promise<void>;
};

/** By which of an event's fields the daemon can filter. */
type Filters = 'domain' | 'network' | 'pool' | 'nodeDevice' | 'secret' | 'monitorEvent';

/** The events of one object alone, e.g. `{ domain: domain.handle }`. */
export type SubscribeOptions<K extends EventKind> = CallOptions & {
  [F in Filters & keyof Events[K]]?: Events[K][F] | undefined;
};

/** How many messages may wait for the number of their registration. */
const maxEarly = 1024;

type Listener = (event: unknown) => void;
type Arrival = { key: string; event: unknown };

type Known = Kind<unknown> & { name: EventKind };
const messageKey = ({ program, number }: { program: number; number: number }): string =>
  `${program}/${number}`;
const kindsByMessage = new Map<string, Known>(
  Object.entries(eventKinds).map(([name, kind]) => [
    messageKey(kind),
    { ...kind, name: name as EventKind } satisfies Known,
  ]),
);

/** Sources number their registrations by themselves, so a number means something for its kind alone. */
const listenerKey = (name: EventKind, callback: number): string => `${name} ${callback}`;

export class EventRouter {
  private readonly listeners = new Map<string, Listener>();
  private early: Arrival[] = [];
  private registering = 0;

  /**
   * Calls `listener` for each event of that kind, in the order in which they happen, until the subscription is
   * stopped or the connection closes. @throws LibvirtError when the driver has no such event.
   */
  async on<K extends EventKind>(
    session: Session,
    name: K,
    listener: (event: Events[K]) => void,
    { signal, ...filter }: CallOptions & Filter = {},
  ): Promise<Subscription> {
    const kind: Kind<unknown> = eventKinds[name];
    this.registering += 1;
    try {
      const { callback } = await kind.register(session, filter, { signal });
      const key = listenerKey(name, callback);
      // The registration's number stands for this kind alone.
      this.listeners.set(key, listener as Listener);
      this.deliverEarly(key);
      return {
        stop: async (options) => {
          if (this.listeners.delete(key)) await kind.deregister(session, callback, options);
        },
      };
    } finally {
      this.registering -= 1;
      if (this.registering === 0) this.early = [];
    }
  }

  /** Takes a message. Kinds that nobody can have asked for are not looked at. */
  receive({ program, procedure, payload }: Frame): void {
    const kind = kindsByMessage.get(messageKey({ program, number: procedure }));
    if (kind === undefined) return;
    const wire = decode(kind.codec, payload);
    const arrival = { key: listenerKey(kind.name, wire.callback), event: kind.toEvent(wire) };
    trace.publish({ name: kind.name } satisfies EventTrace);
    if (this.listeners.has(arrival.key)) this.deliver(arrival);
    else if (this.registering > 0) this.keep(arrival);
  }

  private keep(arrival: Arrival): void {
    if (this.early.length >= maxEarly) {
      throw new LibvirtConnectionError(
        'protocol',
        'libvirt sent too many events that belong to no subscription.',
      );
    }
    this.early.push(arrival);
  }

  /** In a microtask of its own: what a listener throws is no fault of the connection. */
  private deliver({ key, event }: Arrival): void {
    queueMicrotask(() => this.listeners.get(key)?.(event));
  }

  private deliverEarly(key: string): void {
    for (const arrival of this.early) if (arrival.key === key) this.deliver(arrival);
    this.early = this.early.filter((arrival) => arrival.key !== key);
  }
}

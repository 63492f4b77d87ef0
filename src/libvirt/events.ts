/**
 * Events: the daemon tells of what happens to domains and other objects, once asked to.
 *
 * The daemon numbers each registration and puts the number into every message. A message may overtake the reply that
 * tells the number (they come from different threads of the daemon), so messages of unknown numbers are kept while a
 * registration is under way. A second registration like one that is there is refused ("event callback already
 * tracked"), so all who listen for the same share one: the first makes it, the last ends it.
 */
import { channel } from 'node:diagnostics_channel';
import type { CallOptions } from './call.ts';
import { LibvirtConnectionError } from './errors.ts';
import type { Filter, Kind } from './event-kind.ts';
import { type EventKind, type Events, eventKinds } from './events/all-events.ts';
import type { Frame } from './frame.ts';
import type { Session } from './session.ts';
import { unlessAborted } from './unless-aborted.ts';
import { decode } from './xdr.ts';

export type { EventKind, Events };

/** Each event that is delivered is told on Node's diagnostics channel `libvirt:event`, as this. */
export type EventTrace = { name: EventKind };
const trace = channel('libvirt:event');

export type Subscription = {
  /** Ends it. Nothing is delivered after this was called; when it resolves, the daemon has forgotten it too. */
  stop(options?: CallOptions): Promise<void>;
};

/** By which of an event's fields the daemon can filter. */
type Filters = 'domain' | 'network' | 'pool' | 'secret' | 'monitorEvent';

/** The events of one object alone, e.g. `{ domain: domain.handle }`. */
export type SubscribeOptions<K extends EventKind> = CallOptions & {
  [F in Filters & keyof Events[K]]?: Events[K][F] | undefined;
};

/** How many messages may wait for the number of their registration. */
const maxEarly = 1024;

type Listener = { hear: (event: unknown) => void };
type Arrival = { key: string; event: unknown };

/** A domain's id comes and goes; libvirt tells domains apart by their UUIDs. */
const withoutId = (key: string, value: unknown): unknown => (key === 'id' ? undefined : value);

/** All who listen for the same, and the daemon's registration for them. */
class Audience {
  /** What they listen for. */
  readonly what: string;
  readonly listeners = new Set<Listener>();
  /** The number, while there is a registration. */
  callback: number | undefined;
  private last: Promise<unknown> | undefined;

  constructor(what: string) {
    this.what = what;
  }

  /** Registering and deregistering go one after the other: the daemon may answer requests in any order. */
  inTurn<T>(action: () => Promise<T>): Promise<T> {
    const turn = this.last === undefined ? action() : this.last.then(action);
    const over = turn
      .catch(() => undefined) // it is the caller's to hear of
      .then(() => {
        if (this.last === over) this.last = undefined;
      });
    this.last = over;
    return turn;
  }

  /** In a microtask of its own: what a listener throws is no fault of the connection. */
  tell(event: unknown): void {
    for (const listener of this.listeners) {
      queueMicrotask(() => {
        if (this.listeners.has(listener)) listener.hear(event);
      });
    }
  }
}

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
  /** By what they listen for. */
  private readonly audiences = new Map<string, Audience>();
  /** By kind and the number of their registration. */
  private readonly registered = new Map<string, Audience>();
  private early: Arrival[] = [];
  private registering = 0;

  /**
   * Calls `listener` for each event of that kind, in the order in which they happen, until the subscription is
   * stopped or the connection closes. The signal ends the waiting for the registration, not the subscription.
   * @throws LibvirtError when the driver has no such event.
   */
  async on<K extends EventKind>(
    session: Session,
    name: K,
    listener: (event: Events[K]) => void,
    { signal, ...filter }: CallOptions & Filter = {},
  ): Promise<Subscription> {
    signal?.throwIfAborted();
    const audience = this.audienceOf(name, filter);
    // The audience is told of this kind alone.
    const one: Listener = { hear: listener as Listener['hear'] };
    audience.listeners.add(one);
    const registered = audience.inTurn(async () => {
      const isWanted = audience.callback === undefined && audience.listeners.size > 0;
      if (isWanted) await this.register(session, name, audience, filter);
    });
    try {
      // Not the request itself: the daemon would go on with it, and refuse the next one like it.
      await unlessAborted(registered, { signal });
    } catch (error) {
      void this.leave(session, name, audience, one).catch(() => undefined); // nobody waits for it
      throw error;
    }
    return {
      stop: async (options = {}) => unlessAborted(this.leave(session, name, audience, one), options),
    };
  }

  private audienceOf(name: EventKind, filter: Filter): Audience {
    const what = `${name} ${JSON.stringify(filter, withoutId)}`;
    const audience = this.audiences.get(what) ?? new Audience(what);
    this.audiences.set(what, audience);
    return audience;
  }

  /** Whoever comes adds itself at once, so an audience that is empty now is nobody's. */
  private forgetEmpty({ what, listeners }: Audience): void {
    if (listeners.size === 0) this.audiences.delete(what);
  }

  private async register(
    session: Session,
    name: EventKind,
    audience: Audience,
    filter: Filter,
  ): Promise<void> {
    this.registering += 1;
    try {
      const { callback } = await eventKinds[name].register(session, filter);
      audience.callback = callback;
      const key = listenerKey(name, callback);
      this.registered.set(key, audience);
      for (const arrival of this.early) if (arrival.key === key) audience.tell(arrival.event);
      this.early = this.early.filter((arrival) => arrival.key !== key);
    } finally {
      this.registering -= 1;
      if (this.registering === 0) this.early = [];
    }
  }

  private async leave(
    session: Session,
    name: EventKind,
    audience: Audience,
    listener: Listener,
  ): Promise<void> {
    if (!audience.listeners.delete(listener)) return;
    await audience.inTurn(async () => {
      try {
        if (audience.listeners.size === 0) await this.deregister(session, name, audience);
      } finally {
        this.forgetEmpty(audience);
      }
    });
  }

  private async deregister(session: Session, name: EventKind, audience: Audience): Promise<void> {
    const { callback } = audience;
    if (callback === undefined) return;
    audience.callback = undefined;
    this.registered.delete(listenerKey(name, callback));
    try {
      await eventKinds[name].deregister(session, callback);
    } catch (error) {
      // With the connection the registration is gone as well.
      if (!(error instanceof LibvirtConnectionError)) throw error;
    }
  }

  /** Takes a message. Kinds that nobody can have asked for are not looked at. */
  receive({ program, procedure, payload }: Frame): void {
    const kind = kindsByMessage.get(messageKey({ program, number: procedure }));
    if (kind === undefined) return;
    const wire = decode(kind.codec, payload);
    const arrival = { key: listenerKey(kind.name, wire.callback), event: kind.toEvent(wire) };
    trace.publish({ name: kind.name } satisfies EventTrace);
    const audience = this.registered.get(arrival.key);
    if (audience !== undefined) audience.tell(arrival.event);
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
}

/**
 * A kind of event: how to register for it with the daemon, and what its messages say. Each kind of object (domain,
 * network, …) has calls of its own for that, and numbers its kinds by itself.
 */
import type { Message, Procedure } from './procedure.ts';
import { eventCalls } from './procedures/events.ts';
import type { Session } from './session.ts';
import type { DomainHandle } from './wire-structures.ts';
import type { Codec } from './xdr.ts';

/** What the subscriber wants to hear of alone, by the event's own names: `{ domain }`, `{ network }`. */
export type Filter = Readonly<Record<string, unknown>>;

export type Kind<E> = {
  /** The program and the procedure number of its messages. */
  readonly program: number;
  readonly number: number;
  /** Of its messages. */
  readonly codec: Codec<{ callback: number }>;
  /** @param wire what `codec` has decoded. */
  toEvent(wire: { callback: number }): E;
  /** Gives the number that the registration's messages will carry. */
  register(session: Session, filter: Filter): Promise<{ callback: number }>;
  deregister(session: Session, callback: number): Promise<void>;
};

/** The calls that one kind of object has for its events. */
export type EventSource<A> = {
  register: Procedure<A, { callback: number }>;
  deregister: Procedure<{ callback: number }, void>;
  args(id: number, filter: Filter): A;
};

/** Makes the kinds of one source. `id` is libvirt's number of the kind among those of the object. */
export const kindsOf =
  <A>({ register, deregister, args }: EventSource<A>) =>
  <W extends { callback: number }, E>(
    id: number,
    { number, codec }: Message<W>,
    toEvent: (wire: W) => E,
  ): Kind<E> => ({
    program: register.program,
    number,
    codec,
    toEvent: toEvent as Kind<E>['toEvent'], // what comes in is what `codec` gave
    register: (session, filter) => session.call(register, args(id, filter)),
    deregister: (session, callback) => session.call(deregister, { callback }),
  });

/** The kinds of a domain's events; `id` is virDomainEventID. */
export const domainKind = kindsOf({
  register: eventCalls.connectDomainEventCallbackRegisterAny,
  deregister: eventCalls.connectDomainEventCallbackDeregisterAny,
  args: (event, { domain }) => ({ event, dom: domain as DomainHandle | undefined }),
});

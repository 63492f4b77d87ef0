/** Every kind of event that this client knows, by the object that it happens to. */
import type { Kind } from '../event-kind.ts';
import { type DomainEvents, domainEvents } from './domain-events.ts';
import { type MonitorEvents, monitorEvents } from './monitor-events.ts';

export type Events = DomainEvents & MonitorEvents;
export type EventKind = keyof Events;

export const eventKinds: { readonly [K in EventKind]: Kind<Events[K]> } = {
  ...domainEvents,
  ...monitorEvents,
};

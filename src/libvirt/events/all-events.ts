/** Every kind of event that this client knows, by the object that it happens to. */
import type { Kind } from '../event-kind.ts';
import { type DomainEvents, domainEvents } from './domain-events.ts';
import { type MonitorEvents, monitorEvents } from './monitor-events.ts';
import { type NetworkEvents, networkEvents } from './network-events.ts';
import { type SecretEvents, secretEvents } from './secret-events.ts';
import { type StorageEvents, storageEvents } from './storage-events.ts';

export type Events = DomainEvents & MonitorEvents & NetworkEvents & StorageEvents & SecretEvents;
export type EventKind = keyof Events;

export const eventKinds: { readonly [K in EventKind]: Kind<Events[K]> } = {
  ...domainEvents,
  ...monitorEvents,
  ...networkEvents,
  ...storageEvents,
  ...secretEvents,
};

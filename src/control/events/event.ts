/** An event before it has an id and a time, and what is looked up to say whom it is about. */
import type { FleetEvent } from '../../wire/events.ts';

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** Clouds that it does not name are those of its hosts. */
export type NewEvent = Without<FleetEvent, 'type' | 'id' | 'at' | 'clouds'> & { clouds?: string[] };

export type Places = {
  /** The cloud of a host that is known. */
  cloudOf(host: string): string | undefined;
  /** The host of a guest that is known. */
  hostOf(guest: string): string | undefined;
};

/**
 * The log of what happens: events are made from the store's own changes, in the transaction of the change, and are in the
 * database with it. So none is forgotten, none is told of what was undone, and a control that is started again goes on
 * where the last one ended, with the same ids for the same events.
 */
import type { FleetEvent } from '../../wire/events.ts';
import { currentOperation } from '../operations/current.ts';
import type { Change, Changes } from '../store/changes.ts';
import type { EventTable } from '../store/event-table.ts';
import { eventsOf } from './derive.ts';
import type { NewEvent, Places } from './event.ts';
import { Pace } from './pace.ts';
import { type Kept, Ring, type RingLimits } from './ring.ts';

const usualLimits: RingLimits = { events: 8_192, bytes: 8 << 20 };

export class EventLog {
  readonly ring: Ring;
  readonly #table: EventTable;
  readonly #changes: Changes;
  readonly #places: Places;
  readonly #pace = new Pace((event) => this.announce(event));
  readonly #watchers = new Set<() => void>();
  /** Of the transaction that is open. */
  #fresh: Kept[] = [];
  #waking: NodeJS.Immediate | undefined;

  constructor(table: EventTable, changes: Changes, places: Places, limits: RingLimits = usualLimits) {
    this.#table = table;
    this.#changes = changes;
    this.#places = places;
    const rows = table.all();
    // the clock, so that ids of a log that was lost or set back are not those of others
    this.ring = new Ring(limits, (rows[0]?.id ?? Date.now() + 1) - 1);
    for (const { id, doc } of rows) this.#keep(keptOf(id, doc));
    changes.listen({
      changed: (change) => this.#note(change),
      ended: (outcome) => this.#end(outcome),
    });
  }

  /** What happens beside the store. */
  announce(event: NewEvent): void {
    this.#changes.transaction(() => this.#append(event));
  }

  /** Called after events were added, once for all that came together. What ends it is returned. */
  watch(wake: () => void): () => void {
    this.#watchers.add(wake);
    return () => void this.#watchers.delete(wake);
  }

  close(): void {
    this.#pace.close();
    clearImmediate(this.#waking);
  }

  #note(change: Change): void {
    for (const event of eventsOf(change, this.#places)) if (this.#pace.admits(event)) this.#append(event);
  }

  #append(event: NewEvent): void {
    const id = Math.max((this.#fresh.at(-1)?.id ?? this.ring.last) + 1, Date.now());
    const clouds = event.clouds ?? event.hosts.map((host) => this.#places.cloudOf(host));
    const operation = event.operation ?? currentOperation();
    const whole = {
      ...{ type: 'event', id, at: new Date().toISOString() },
      ...event,
      ...(operation !== undefined && { operation }),
      clouds: [...new Set(clouds.filter((cloud) => cloud !== undefined))],
    } as FleetEvent;
    const doc = JSON.stringify(whole);
    this.#table.append({ id, doc });
    this.#fresh.push(keptOf(id, doc, whole));
  }

  #end(outcome: 'kept' | 'undone'): void {
    const fresh = this.#fresh;
    this.#fresh = [];
    if (outcome === 'undone' || fresh.length === 0) return;
    for (const event of fresh) this.#keep(event);
    this.#waking ??= setImmediate(() => {
      this.#waking = undefined;
      for (const wake of this.#watchers) wake();
    });
  }

  /** Rows that the ring has dropped go with the next change: they cost no write of their own. */
  #keep(event: Kept): void {
    const dropped = this.ring.push(event);
    if (dropped !== undefined) this.#table.drop(dropped);
  }
}

function keptOf(id: number, text: string, event: FleetEvent = JSON.parse(text) as FleetEvent): Kept {
  const { kind, guest, hosts, clouds, operation } = event;
  return { id, text, kind, hosts, clouds, guest, operation };
}

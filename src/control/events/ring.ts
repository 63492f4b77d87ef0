/**
 * The last events, bounded in number and bytes. It belongs to all watchers: each has a place in it, and none keeps events of its own.
 */
import type { EventKeys } from '../../wire/event-filter.ts';

/** `text` is what watchers are sent. */
export type Kept = EventKeys & { id: number; text: string };

export type RingLimits = { events: number; bytes: number };

export class Ring {
  readonly #limits: RingLimits;
  #events: Kept[] = [];
  #bytes = 0;
  #after: number;
  /** Newest progress, by operation. */
  readonly #progress = new Map<string, number>();

  /** @param after what comes first will be behind this id */
  constructor(limits: RingLimits, after: number) {
    this.#limits = limits;
    this.#after = after;
  }

  /** What is kept comes behind this id. */
  get after(): number {
    return this.#after;
  }

  get last(): number {
    return this.#events.at(-1)?.id ?? this.#after;
  }

  get size(): number {
    return this.#events.length;
  }

  /** Its id must be above all others. The id up to which events were dropped for it, if any were. */
  push(event: Kept): number | undefined {
    this.#events.push(event);
    this.#bytes += event.text.length;
    if (isProgress(event)) this.#progress.set(event.operation, event.id);
    let drop = 0;
    const { events, bytes } = this.#limits;
    while (this.#events.length - drop > events || (this.#bytes > bytes && this.#events.length - drop > 1)) {
      this.#forget(this.#events[drop]);
      drop += 1;
    }
    if (drop === 0) return undefined;
    this.#events.splice(0, drop);
    return this.#after;
  }

  #forget(event: Kept | undefined): void {
    if (event === undefined) return;
    this.#bytes -= event.text.length;
    this.#after = event.id;
    if (isProgress(event) && this.#progress.get(event.operation) === event.id)
      this.#progress.delete(event.operation);
  }

  /** Nothing that came behind this id was dropped, and it was one of this log. */
  knows(id: number): boolean {
    return id === this.#after || this.#events[this.#placeAfter(id) - 1]?.id === id;
  }

  /** The first event behind `id`. */
  next(id: number): Kept | undefined {
    return this.#events[this.#placeAfter(id)];
  }

  /** Newer progress of the same operation is there. */
  isSuperseded(event: Kept): boolean {
    return isProgress(event) && (this.#progress.get(event.operation) ?? 0) > event.id;
  }

  #placeAfter(id: number): number {
    let [low, high] = [0, this.#events.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#events[middle]?.id ?? 0) <= id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const isProgress = (event: Kept): event is Kept & { operation: string } =>
  event.kind === 'operation.progress' && event.operation !== undefined;

/**
 * One direction of a link: a queue that empties at the link's bandwidth, and then a delay.
 *
 *   push ──▶ [ waiting: drop tail ] ──bandwidth──▶ [ under way ] ──latency──▶ take
 *             until `leavesAt`                      until `arrivesAt`
 *
 * Both moments are computed when a frame is pushed, so the queue is one list in order of arrival and costs
 * nothing while time passes. Times are milliseconds of any clock that never goes back.
 */
import type { LinkSettings } from './link-settings.ts';

/** Below this many waiting bytes nothing is dropped, however slow the link: a few full-size TCP windows. */
const minQueueBytes = 256 * 1024;
/** The longest a frame may wait for its turn, which is what a router's buffer commonly holds. */
const maxQueueMs = 250;
const compactAfter = 1_024;

export type PipeCounters = { frames: number; bytes: number; dropped: number; lost: number };

type Entry<Item> = { readonly item: Item; readonly bytes: number; leavesAt: number; arrivesAt: number };

export class Pipe<Item> {
  readonly counters: PipeCounters = { frames: 0, bytes: 0, dropped: 0, lost: 0 };
  #settings: LinkSettings;
  readonly #random: () => number;
  #entries: Entry<Item>[] = [];
  #head = 0;
  /** When the last waiting frame will have left. */
  #freeAt = 0;
  #lastArrivesAt = 0;

  constructor(settings: LinkSettings, random: () => number) {
    this.#settings = settings;
    this.#random = random;
  }

  /** Accepts a frame of so many bytes, or drops it: `false`. */
  push(item: Item, bytes: number, now: number): boolean {
    if (this.#settings.loss > 0 && this.#random() < this.#settings.loss) {
      this.counters.lost += 1;
      return false;
    }
    if (this.waitingBytes(now) + bytes > this.#limit()) {
      this.counters.dropped += 1;
      return false;
    }
    this.#entries.push(this.#timed({ item, bytes, leavesAt: 0, arrivesAt: 0 }, now));
    return true;
  }

  /** Removes and returns what has arrived by `now`, in the order it was pushed. */
  take(now: number): Item[] {
    const arrived: Item[] = [];
    for (let entry = this.#entries[this.#head]; entry !== undefined && entry.arrivesAt <= now; ) {
      arrived.push(entry.item);
      this.counters.frames += 1;
      this.counters.bytes += entry.bytes;
      this.#head += 1;
      entry = this.#entries[this.#head];
    }
    this.#compact();
    return arrived;
  }

  /** When the next frame arrives; `undefined` when none is on the link. */
  nextAt(): number | undefined {
    return this.#entries[this.#head]?.arrivesAt;
  }

  waitingBytes(now: number): number {
    return (Math.max(0, this.#freeAt - now) * this.#settings.bandwidthBps) / 1_000;
  }

  /** New settings hold for every frame that has not left yet; what is under way arrives as it was going to. */
  change(settings: LinkSettings, now: number): void {
    this.#settings = settings;
    const live = this.#entries.slice(this.#head);
    const underWay = live.filter((entry) => entry.leavesAt <= now);
    this.#freeAt = now;
    this.#lastArrivesAt = underWay.at(-1)?.arrivesAt ?? 0;
    const waiting = live.slice(underWay.length).map((entry) => this.#timed(entry, now));
    this.#entries = [...underWay, ...waiting];
    this.#head = 0;
  }

  #timed(entry: Entry<Item>, now: number): Entry<Item> {
    entry.leavesAt = Math.max(now, this.#freeAt) + (entry.bytes * 1_000) / this.#settings.bandwidthBps;
    entry.arrivesAt = Math.max(this.#lastArrivesAt, entry.leavesAt + this.#settings.latencyMs);
    this.#freeAt = entry.leavesAt;
    this.#lastArrivesAt = entry.arrivesAt;
    return entry;
  }

  #limit(): number {
    return Math.max(minQueueBytes, (this.#settings.bandwidthBps * maxQueueMs) / 1_000);
  }

  #compact(): void {
    if (this.#head < compactAfter && this.#head < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#head);
    this.#head = 0;
  }
}

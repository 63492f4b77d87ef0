/**
 * A learning Ethernet switch whose ports belong to clouds.
 *
 *   port of cloud a ──▶ ┌────────┐ ──────────────────────────▶ port of cloud a
 *                       │ learn, │
 *                       │ look up│ ──▶ pipe a→b (see pipe.ts) ──▶ port of cloud b
 *                       └────────┘
 *
 * Within a cloud a frame goes straight on; between two clouds it goes through their link. A frame to a
 * group address or to one not learnt yet goes to every other port (IEEE 802.1D, 7.7 and 7.8).
 */
import { headerBytes } from './frame-reader.ts';
import { defaultLink, type LinkSettings } from './link-settings.ts';
import { Pipe, type PipeCounters } from './pipe.ts';

const ethernetHeaderBytes = 14;
/** Bounds the table against a guest that makes up source addresses; the oldest goes first. */
const maxAddresses = 4_096;

/** Where a port's frames go. `send` may refuse a frame when too many wait; `flush` ends a batch. */
export type Output = { send(frame: Buffer): boolean; flush(): void };

export type PortCounters = {
  receivedFrames: number;
  receivedBytes: number;
  sentFrames: number;
  sentBytes: number;
  dropped: number;
};

export type Port = {
  readonly name: string;
  readonly cloud: string;
  readonly output: Output;
  readonly counters: PortCounters;
};

type Delivery = { readonly to: Port; readonly frame: Buffer };
type Direction = { readonly from: string; readonly to: string; readonly pipe: Pipe<Delivery> };

export type DirectionState = { from: string; to: string; waitingBytes: number } & PipeCounters;

export class Switch {
  readonly #ports = new Map<string, Port>();
  readonly #addresses = new Map<number, Port>();
  readonly #settings = new Map<string, LinkSettings>();
  readonly #directions = new Map<string, Direction>();
  readonly #dirty = new Set<Port>();
  readonly #random: () => number;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  addPort(name: string, cloud: string, output: Output): Port {
    const counters = { receivedFrames: 0, receivedBytes: 0, sentFrames: 0, sentBytes: 0, dropped: 0 };
    const port: Port = { name, cloud, output, counters };
    this.#ports.set(name, port);
    return port;
  }

  removePort(port: Port): void {
    this.#ports.delete(port.name);
    this.forget(port);
  }

  /** Forgets the addresses learnt from a port, as when its cable is pulled. */
  forget(port: Port): void {
    for (const [address, owner] of this.#addresses) if (owner === port) this.#addresses.delete(address);
  }

  setLink(a: string, b: string, settings: LinkSettings): void {
    this.#settings.set(pairKey(a, b), settings);
    for (const key of [directionKey(a, b), directionKey(b, a)]) {
      this.#directions.get(key)?.pipe.change(settings, performance.now());
    }
    this.#deliverDue();
  }

  linkOf(a: string, b: string): LinkSettings {
    return this.#settings.get(pairKey(a, b)) ?? defaultLink;
  }

  directions(): DirectionState[] {
    const now = performance.now();
    return [...this.#directions.values()].map(({ from, to, pipe }) => ({
      from,
      to,
      waitingBytes: Math.round(pipe.waitingBytes(now)),
      ...pipe.counters,
    }));
  }

  /** Takes frames, each with its length header, that came in at a port. */
  receive(from: Port, frames: readonly Buffer[]): void {
    const now = performance.now();
    for (const frame of frames) this.#route(from, frame, now);
    this.#flush();
    this.#schedule(now);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #route(from: Port, frame: Buffer, now: number): void {
    if (frame.length < headerBytes + ethernetHeaderBytes) {
      from.counters.dropped += 1;
      return;
    }
    from.counters.receivedFrames += 1;
    from.counters.receivedBytes += frame.length - headerBytes;
    const destination = frame.readUIntBE(headerBytes, 6);
    this.#learn(frame.readUIntBE(headerBytes + 6, 6), from);
    const known = isGroup(destination) ? undefined : this.#addresses.get(destination);
    const receivers = known === undefined ? this.#ports.values() : [known];
    for (const to of receivers) if (to !== from) this.#forward(from, to, frame, now);
  }

  #learn(address: number, port: Port): void {
    if (isGroup(address) || this.#addresses.get(address) === port) return;
    const [oldest] = this.#addresses.keys();
    if (this.#addresses.size >= maxAddresses && oldest !== undefined) this.#addresses.delete(oldest);
    this.#addresses.set(address, port);
  }

  #forward(from: Port, to: Port, frame: Buffer, now: number): void {
    if (from.cloud === to.cloud) this.#send(to, frame);
    else this.#direction(from.cloud, to.cloud).pipe.push({ to, frame }, frame.length - headerBytes, now);
  }

  #direction(from: string, to: string): Direction {
    const key = directionKey(from, to);
    const known = this.#directions.get(key);
    if (known !== undefined) return known;
    const direction = { from, to, pipe: new Pipe<Delivery>(this.linkOf(from, to), this.#random) };
    this.#directions.set(key, direction);
    return direction;
  }

  #send(to: Port, frame: Buffer): void {
    if (!to.output.send(frame)) {
      to.counters.dropped += 1;
      return;
    }
    to.counters.sentFrames += 1;
    to.counters.sentBytes += frame.length - headerBytes;
    this.#dirty.add(to);
  }

  #flush(): void {
    for (const port of this.#dirty) port.output.flush();
    this.#dirty.clear();
  }

  #deliverDue(): void {
    const now = performance.now();
    for (const { pipe } of this.#directions.values()) {
      for (const { to, frame } of pipe.take(now)) if (this.#ports.get(to.name) === to) this.#send(to, frame);
    }
    this.#flush();
    this.#timerAt = Number.POSITIVE_INFINITY;
    this.#schedule(now);
  }

  /** One timer for all pipes: frames that arrive within the same millisecond leave in one batch. */
  #schedule(now: number): void {
    let next = Number.POSITIVE_INFINITY;
    for (const { pipe } of this.#directions.values()) next = Math.min(next, pipe.nextAt() ?? next);
    if (next >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = next;
    this.#timer = setTimeout(() => this.#deliverDue(), Math.max(1, Math.ceil(next - now)));
  }
}

/** The group bit is the lowest of the first octet (IEEE 802, 8.2). */
const isGroup = (address: number): boolean => Math.floor(address / 2 ** 40) % 2 === 1;
/** Cloud names hold no slash. */
const directionKey = (from: string, to: string): string => `${from}/${to}`;
const pairKey = (a: string, b: string): string => (a < b ? directionKey(a, b) : directionKey(b, a));

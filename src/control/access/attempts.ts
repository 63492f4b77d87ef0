/**
 * Bad tokens and requests, counted for each address, in memory that is bounded: of the most recent addresses only. An IPv6 address
 * counts as its /64, which one person has whole.
 */

export type Limits = {
  /** Bad tokens until the address is locked out. */
  attempts: number;
  /** For how long, in ms; also the time after which bad tokens are forgotten. */
  lockedMs: number;
  /** Requests a second in the long run, and at once. */
  rate: number;
  burst: number;
  /** Addresses that are remembered. */
  addresses: number;
};

export const usualLimits: Limits = {
  attempts: 10,
  lockedMs: 900_000,
  rate: 50,
  burst: 200,
  addresses: 10_000,
};

type Known = { bad: number; badAt: number; left: number; at: number };

export class Attempts {
  readonly #limits: Limits;
  readonly #known = new Map<string, Known>();

  constructor(limits: Limits = usualLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#known.size;
  }

  /** How long the address has to wait before it is heard, in ms; 0: it is heard, and that counts. */
  wait(address: string, now: number = Date.now()): number {
    const { attempts, lockedMs, rate, burst } = this.#limits;
    const known = this.#of(address, now);
    if (now - known.badAt >= lockedMs) known.bad = 0;
    if (known.bad >= attempts) return known.badAt + lockedMs - now;
    known.left = Math.min(burst, known.left + ((now - known.at) / 1000) * rate);
    known.at = now;
    if (known.left < 1) return Math.ceil(((1 - known.left) / rate) * 1000);
    known.left -= 1;
    return 0;
  }

  /** Counts a bad token. The count, when it was the one that locks the address out. */
  fail(address: string, now: number = Date.now()): number | undefined {
    const known = this.#of(address, now);
    known.bad += 1;
    known.badAt = now;
    return known.bad === this.#limits.attempts ? known.bad : undefined;
  }

  #of(address: string, now: number): Known {
    const key = networkOf(address);
    const known = this.#known.get(key) ?? { bad: 0, badAt: now, left: this.#limits.burst, at: now };
    this.#known.delete(key); // the map's order is that of use
    this.#known.set(key, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > this.#limits.addresses && oldest !== undefined) this.#known.delete(oldest);
    return known;
  }
}

/** The /64 of an IPv6 address, with its zeroes written out; an IPv4 address as it is. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail = ''] = plain.split('::');
  const [before, after] = [head, tail].map((part) => part.split(':').filter((group) => group !== ''));
  const zeroes = plain.includes('::') ? 8 - (before?.length ?? 0) - (after?.length ?? 0) : 0;
  const groups = [...(before ?? []), ...Array<string>(Math.max(0, zeroes)).fill('0'), ...(after ?? [])];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

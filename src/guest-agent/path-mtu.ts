/**
 * The largest packet that passes a path uncut, found by sending: what devices on the way say of themselves is not
 * believed, since a tunnel or a filter between them drops silently what it cannot carry (RFC 4821, 1).
 */
import { BlanketError } from '../wire/errors.ts';
import type { PathReading } from '../wire/methods/conform.ts';
import { type Pinged, ping } from './conform/ping.ts';
import { linkNamed, routeSchema } from './links.ts';
import { listed } from './listing.ts';

/** Every IPv4 host takes packets of this size (RFC 791, 3.1). */
export const smallestPacket = 576;

/** Whether a packet of this size got through, and the limit that something named when it did not. */
export type Probe = (size: number) => Promise<{ passed: boolean; limit?: number }>;

/**
 * Sizes in bytes with the IP header; `high` is never exceeded.
 * @returns `undefined` when not even `low` passes.
 */
export async function largestPacket(probe: Probe, low: number, high: number): Promise<number | undefined> {
  if (high <= low) return (await probe(high)).passed ? high : undefined;
  const first = await probe(high);
  if (first.passed) return high;
  if (!(await probe(low)).passed) return undefined;
  let [passes, fails] = [low, high];
  let hint = first.limit;
  while (fails - passes > 1) {
    const useful = hint !== undefined && hint > passes && hint < fails;
    const size: number = useful && hint !== undefined ? hint : Math.floor((passes + fails) / 2);
    const { passed, limit } = await probe(size);
    if (passed) passes = size;
    else fails = size;
    // One above the named limit is the next question, which ends the search when the name was right.
    hint = passed && useful ? size + 1 : limit;
  }
  return passes;
}

/** A lost packet is no narrow path, so a size has failed only when it is lost this often. */
const tries = 2;

function pinging(address: string, signal: AbortSignal): Probe {
  return async (mtu) => {
    let answer: Pinged | undefined;
    for (let attempt = 0; attempt < tries; attempt++) {
      answer = await ping({ address, mtu, count: 1, waitMs: 1_000 }, signal);
      if (answer.received > 0) return { passed: true };
      if (answer.tooLong !== undefined) break;
    }
    return { passed: false, ...(answer?.tooLong !== undefined && { limit: answer.tooLong }) };
  };
}

/** MTU of the device through which packets to this address leave. @throws BlanketError `network.no-route` */
async function deviceMtu(address: string): Promise<number> {
  const [route] = await listed('ip', ['-j', 'route', 'get', address], routeSchema);
  const link = route?.dev === undefined ? undefined : await linkNamed(route.dev);
  if (link?.mtu !== undefined) return link.mtu;
  throw new BlanketError('network.no-route', `There is no way to ${address} from this host.`);
}

/** @throws BlanketError `host.no-ping`, `network.no-route`; CommandError of `ip`. */
export async function measurePath(
  address: string,
  needed: number,
  signal: AbortSignal,
): Promise<PathReading> {
  const mtu = await deviceMtu(address);
  const largest = await largestPacket(pinging(address, signal), smallestPacket, mtu);
  return { address, deviceMtu: mtu, needed, ...(largest !== undefined && { largest }) };
}

/**
 * Which way hosts reach each other: a pure policy over what WireGuard says at both ends.
 *
 *               good            bad for GRACE_MS, and a relay is there
 *   pending ──────────▶ direct ────────────────────────────────────────▶ relayed ──┐ its relay failed:
 *      │                  ▲  ▲                                             │   ▲────┘ another one
 *      │                  │  └──────── good for STEADY_MS ─────────────────┘   │
 *      │ bad for GRACE_MS │ good                                               │ a relay is there
 *      └──────────────▶ broken ────────────────────────────────────────────────┘
 *
 * Good: a handshake that is no older than a session may be, and something heard at either end since the last keepalive.
 * A relay has a direct way to both, so a relayed way is two direct ones and never a loop. A pair that nobody can tell of
 * stays as it is.
 */
export type Seen = {
  /** `null`: never. */
  handshakeSecondsAgo: number | null;
  receivedBytes: number;
};
/** By the host that says it, then by the host it speaks of. Who does not answer is not in it. */
export type Statuses = ReadonlyMap<string, ReadonlyMap<string, Seen>>;

export type Way = {
  readonly hosts: readonly [string, string];
  readonly state: 'pending' | 'direct' | 'relayed' | 'broken';
  readonly via: string | null;
  /** ms since 1970 since when the direct way has been what it is, good or bad. */
  readonly sinceMs: number;
  readonly good: boolean;
  /** ms since 1970; when bytes were last seen to arrive at either end. */
  readonly heardMs: number;
  /** Bytes that each end had received. */
  readonly received: readonly [number | null, number | null];
};
/** By `pairOf`. */
export type Ways = ReadonlyMap<string, Way>;

/** WireGuard throws a session away after this (its white paper, 6.1, Reject-After-Time), and renews it well before. */
const HANDSHAKE_SECONDS = 180;
/** A keepalive of 25 s, a round of looking, and a lost packet's worth of patience. */
const HEARD_MS = 45_000;
/** How long the direct way may be bad: the time of eight attempts at a handshake, which are 5 s apart. */
const GRACE_MS = 40_000;
/** How long it must be good before a relay is left. */
const STEADY_MS = 60_000;

export const pairOf = (a: string, b: string): string => [a, b].sort().join(' ');

/** The way of every pair of hosts. `now`: ms since 1970. */
export function relays(hosts: readonly string[], statuses: Statuses, previous: Ways, now: number): Ways {
  const sorted = [...hosts].sort();
  const ways = new Map<string, Way>();
  for (const [index, a] of sorted.entries()) {
    for (const b of sorted.slice(index + 1)) {
      const pair = pairOf(a, b);
      const before = previous.get(pair) ?? unknown([a, b], now);
      const ends = [statuses.get(a)?.get(b), statuses.get(b)?.get(a)] as const;
      const told = ends.some((end) => end !== undefined);
      ways.set(pair, told ? settled(looked(before, ends, now), now) : before);
    }
  }
  chooseRelays(sorted, ways);
  return ways;
}

const fresh = (seen: Seen): boolean =>
  seen.handshakeSecondsAgo !== null && seen.handshakeSecondsAgo <= HANDSHAKE_SECONDS;

const unknown = (hosts: Way['hosts'], now: number): Way => ({
  ...{ hosts, state: 'pending', via: null },
  ...{ sinceMs: now, good: false, heardMs: now, received: [null, null] },
});

type Ends = readonly [Seen | undefined, Seen | undefined];

/** What is known of the direct way now; the state is still the one before. */
function looked(way: Way, ends: Ends, now: number): Way {
  // A count that is smaller than it was began anew with a new key or a new device, so that too tells of a packet.
  const arrived = ends.some((end, index) => end !== undefined && end.receivedBytes !== way.received[index]);
  const heardMs = arrived ? now : way.heardMs;
  const good = ends.every((end) => end === undefined || fresh(end)) && now - heardMs <= HEARD_MS;
  const [first, second] = way.received;
  const received = [ends[0]?.receivedBytes ?? first, ends[1]?.receivedBytes ?? second] as const;
  return { ...way, good, heardMs, received, sinceMs: good === way.good ? way.sinceMs : now };
}

/** Whether the direct way is to be used; `broken` stands for "not, and nobody was found yet". */
function settled(way: Way, now: number): Way {
  const { state, good, sinceMs } = way;
  const lasting = now - sinceMs >= (good ? STEADY_MS : GRACE_MS);
  if (state === 'relayed') return good && lasting ? { ...way, state: 'direct', via: null } : way;
  if (good) return { ...way, state: 'direct' };
  return lasting ? { ...way, state: 'broken' } : way;
}

/** The one that relays least comes first, then the first by name, so that the same readings give the same ways. */
function chooseRelays(hosts: readonly string[], ways: Map<string, Way>): void {
  const load = new Map<string, number>();
  const direct = (a: string, b: string) => ways.get(pairOf(a, b))?.state === 'direct';
  const goodWay = (a: string, b: string) => direct(a, b) && ways.get(pairOf(a, b))?.good === true;
  const between = (a: string, b: string, way: typeof direct) =>
    hosts.filter((via) => via !== a && via !== b && way(a, via) && way(via, b));
  const take = (via: string) => load.set(via, (load.get(via) ?? 0) + 1);
  const lost: [string, Way][] = [];
  for (const [pair, way] of ways) {
    if (way.state !== 'relayed' && way.state !== 'broken') continue;
    if (way.via !== null && between(...way.hosts, direct).includes(way.via)) take(way.via);
    else lost.push([pair, way]);
  }
  for (const [pair, way] of lost) {
    const [via] = between(...way.hosts, goodWay).sort((a, b) => (load.get(a) ?? 0) - (load.get(b) ?? 0));
    if (via !== undefined) take(via);
    // A relay that was lost leaves the direct way, which may come back by itself and carries again when it does.
    ways.set(pair, { ...way, state: via === undefined ? 'broken' : 'relayed', via: via ?? null });
  }
}

/** Whose addresses `host` reaches through its peer `peer`. */
export function carriedBy(ways: Ways, hosts: readonly string[], host: string, peer: string): string[] {
  const through = (to: string) => {
    const way = ways.get(pairOf(host, to));
    return way?.state === 'relayed' ? way.via : to;
  };
  return hosts.filter((to) => to !== host && through(to) === peer);
}

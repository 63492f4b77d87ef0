/** Hosts of which some cannot reach each other, and what WireGuard would say of it. */
import { pairOf, relays, type Seen, type Statuses, type Ways } from '../../../src/control/network/relays.ts';

/** A small generator of numbers from 0 to 1 that the same seed makes again (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export type Graph = { hosts: string[]; cut: Set<string> };

export const pairsOf = (hosts: readonly string[]): [string, string][] =>
  hosts.flatMap((a, index) => hosts.slice(index + 1).map((b): [string, string] => [a, b]));

export function randomGraph(next: () => number): Graph {
  const hosts = Array.from({ length: 2 + Math.floor(next() * 6) }, (_, index) => `h${index}`);
  const share = next();
  return { hosts, cut: new Set(pairsOf(hosts).flatMap(([a, b]) => (next() < share ? [pairOf(a, b)] : []))) };
}

/** What every host says at `now`; those in `silent` say nothing. A cut pair was last heard of never. */
export function said({ hosts, cut }: Graph, now: number, silent: readonly string[] = []): Statuses {
  const seen = (a: string, b: string): Seen =>
    cut.has(pairOf(a, b))
      ? { handshakeSecondsAgo: null, receivedBytes: 0 }
      : { handshakeSecondsAgo: 20, receivedBytes: now };
  return new Map(
    hosts
      .filter((host) => !silent.includes(host))
      .map((a) => [a, new Map(hosts.filter((b) => b !== a).map((b) => [b, seen(a, b)]))]),
  );
}

export const round = 10_000;

/** Rounds of looking from `now` on, `forMs` long. */
export function watched(graph: Graph, before: Ways, now: number, forMs: number): { ways: Ways; now: number } {
  let ways = before;
  let at = now;
  for (; at <= now + forMs; at += round) ways = relays(graph.hosts, said(graph, at), ways, at);
  return { ways, now: at };
}

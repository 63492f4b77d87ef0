import test, { type ExecutionContext } from 'ava';
import { carriedBy, pairOf, relays, type Ways } from '../../../src/control/network/relays.ts';
import { type Graph, pairsOf, random, randomGraph, round, said, watched } from './reachability.ts';

const start = 1_000_000;
const minute = 60_000;
const settled = (graph: Graph, before: Ways = new Map(), now = start) =>
  watched(graph, before, now, 3 * minute);

/** The host after `at` on the way of a packet to `to`, as `at` is configured. */
const nextHop = ({ hosts }: Graph, ways: Ways, at: string, to: string): string[] =>
  hosts.filter((peer) => peer !== at && carriedBy(ways, hosts, at, peer).includes(to));

function checkWays(t: ExecutionContext, graph: Graph, ways: Ways): void {
  const reaches = (a: string, b: string) => !graph.cut.has(pairOf(a, b));
  for (const [a, b] of pairsOf(graph.hosts)) {
    const way = ways.get(pairOf(a, b));
    const relay = graph.hosts.some((via) => via !== a && via !== b && reaches(a, via) && reaches(via, b));
    t.is(way?.state, reaches(a, b) ? 'direct' : relay ? 'relayed' : 'broken');
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const path = [from];
      for (let at = from; at !== to && path.length < 4; at = path.at(-1) ?? '') {
        const hops = nextHop(graph, ways, at, to);
        t.is(hops.length, 1, `${at} has one way to ${to}`);
        path.push(hops[0] ?? '');
      }
      t.deepEqual(path, way?.via ? [from, way.via, to] : [from, to]);
    }
  }
}

test('whoever can reach whom: the best way is found, the same both ways, and none is a loop', (t) => {
  for (let seed = 1; seed <= 150; seed++) {
    const graph = randomGraph(random(seed));
    checkWays(t, graph, settled(graph).ways);
  }
});

test('and so it is after any change of who reaches whom', (t) => {
  for (let seed = 1; seed <= 80; seed++) {
    const next = random(seed);
    const graph = randomGraph(next);
    let { ways, now } = settled(graph);
    for (let change = 0; change < 3; change++) {
      const pairs = pairsOf(graph.hosts);
      const [a, b] = pairs[Math.floor(next() * pairs.length)] ?? ['', ''];
      if (!graph.cut.delete(pairOf(a, b))) graph.cut.add(pairOf(a, b));
      ({ ways, now } = settled(graph, ways, now));
      checkWays(t, graph, ways);
    }
  }
});

test('at every moment of a change a relay is one with direct ways to both', (t) => {
  for (let seed = 1; seed <= 80; seed++) {
    const next = random(seed);
    const graph = randomGraph(next);
    let ways: Ways = new Map();
    for (let at = start; at < start + 6 * minute; at += round) {
      for (const [a, b] of pairsOf(graph.hosts)) {
        if (next() > 0.1) continue;
        if (!graph.cut.delete(pairOf(a, b))) graph.cut.add(pairOf(a, b));
      }
      const silent = graph.hosts.filter(() => next() < 0.2);
      ways = relays(graph.hosts, said(graph, at, silent), ways, at);
      for (const { hosts, state, via } of ways.values()) {
        t.is(via !== null, state === 'relayed');
        if (via === null) continue;
        for (const end of hosts) t.is(ways.get(pairOf(end, via))?.state, 'direct');
      }
    }
  }
});

const three = (cut: string[] = []): Graph => ({ hosts: ['a', 'b', 'c'], cut: new Set(cut) });

test('a new pair has time to shake hands', (t) => {
  const graph = three(['a b']);
  const ways = relays(graph.hosts, said(graph, start), new Map(), start);
  t.is(ways.get('a b')?.state, 'pending');
  t.is(watched(graph, ways, start, 30_000).ways.get('a b')?.state, 'pending');
  t.is(watched(graph, ways, start, minute).ways.get('a b')?.state, 'relayed');
});

test('a way that is cut for half a minute stays direct', (t) => {
  const { ways, now } = settled(three());
  const cut = watched(three(['a b']), ways, now, 30_000);
  t.is(cut.ways.get('a b')?.state, 'direct');
  t.is(settled(three(), cut.ways, cut.now).ways.get('a b')?.state, 'direct');
});

test('a relay is left only when the direct way has been good for a minute', (t) => {
  const { ways, now } = settled(three(['a b']));
  const back = watched(three(), ways, now, 40_000);
  t.is(back.ways.get('a b')?.state, 'relayed');
  const flapped = watched(three(['a b']), back.ways, back.now, 0);
  const again = watched(three(), flapped.ways, flapped.now, 40_000);
  t.is(again.ways.get('a b')?.state, 'relayed');
  t.is(watched(three(), again.ways, again.now, 30_000).ways.get('a b')?.state, 'direct');
});

test('a broken way that comes back carries at once', (t) => {
  const graph: Graph = { hosts: ['a', 'b'], cut: new Set(['a b']) };
  const { ways, now } = settled(graph);
  t.is(ways.get('a b')?.state, 'broken');
  graph.cut.clear();
  t.is(relays(graph.hosts, said(graph, now), ways, now).get('a b')?.state, 'direct');
});

test('a pair that nobody can tell of stays as it is', (t) => {
  const { ways, now } = settled(three(['a b']));
  const hosts = ['a', 'b', 'c'];
  const later = relays(hosts, new Map(), ways, now + 60 * minute);
  t.deepEqual(later, ways);
  const unheard = relays(hosts, new Map(), new Map(), now);
  t.is(relays(hosts, new Map(), unheard, now + 60 * minute).get('a b')?.state, 'pending');
});

test('keepalives that no longer arrive break a way before its handshake is old', (t) => {
  const { hosts } = three();
  let { ways, now } = settled(three());
  for (const until = now + 90_000; now <= until; now += round) {
    const told = new Map([...said(three(), now)].map(([host, peers]) => [host, new Map(peers)]));
    told.get('a')?.set('b', { handshakeSecondsAgo: 100, receivedBytes: 5 });
    told.get('b')?.set('a', { handshakeSecondsAgo: 100, receivedBytes: 5 });
    ways = relays(hosts, told, ways, now);
  }
  t.is(ways.get('a b')?.state, 'relayed');
  t.is(ways.get('a c')?.state, 'direct');
});

test('relaying is shared among those who can', (t) => {
  const hosts = ['a', 'b', 'c', 'd', 'r', 's'];
  const { ways } = settled({ hosts, cut: new Set(['a b', 'c d']) });
  const relaysOf = [...ways.values()].flatMap(({ via }) => (via === null ? [] : [via]));
  t.is(new Set(relaysOf).size, 2);
});

test('who leaves relays no more', (t) => {
  const hosts = ['a', 'b', 'r', 's'];
  const { ways, now } = settled({ hosts, cut: new Set(['a b']) });
  t.is(ways.get('a b')?.via, 'r');
  const graph = { hosts: ['a', 'b', 's'], cut: new Set(['a b']) };
  t.is(relays(graph.hosts, said(graph, now), ways, now).get('a b')?.via, 's');
});

import test from 'ava';
import { allowedIps, keepaliveOf } from '../../../src/guest-agent/tunnel/config-file.ts';
import { type Seen, tunnelDifferences } from '../../../src/guest-agent/tunnel/differences.ts';
import type { TunnelReading } from '../../../src/guest-agent/tunnel/reading.ts';
import { keyOf, peer, tunnel } from './config.ts';

const config = tunnel({
  peers: [peer({ carries: ['10.254.0.2', '10.254.0.4'] }), peer({ publicKey: keyOf('C'), endpoint: null })],
});
const wanted = { config, publicKey: keyOf('A') };

const peerSeen = (of: (typeof config.peers)[number]): TunnelReading['peers'][number] => ({
  ...{ publicKey: of.publicKey, endpoint: of.endpoint, allowedIps: allowedIps(of) },
  ...{ keepaliveSeconds: keepaliveOf(of), handshakeAt: null, receivedBytes: 0, sentBytes: 0 },
});
const link = {
  ...{ ifname: 'blanket0', flags: ['POINTOPOINT', 'NOARP', 'UP', 'LOWER_UP'], mtu: 1420 },
  addr_info: [{ family: 'inet', local: '10.254.0.1', prefixlen: 24 }],
};
const reading = { publicKey: keyOf('A'), port: 51820, peers: config.peers.map(peerSeen) };
const asSet: Seen = { link, reading, relays: true };
const seen = (change: Partial<TunnelReading>): Seen => ({ ...asSet, reading: { ...reading, ...change } });

test('a tunnel that is as it was set differs in nothing', (t) => {
  t.deepEqual(tunnelDifferences(wanted, asSet), []);
});

test('a peer that was heard from another address does not differ', (t) => {
  const peers = reading.peers.map((one) => ({ ...one, endpoint: '203.0.113.9:4000', handshakeAt: 7 }));
  t.deepEqual(tunnelDifferences(wanted, seen({ peers })), []);
});

test('what is changed by hand is named, each thing by itself', (t) => {
  const [first, second] = reading.peers as [TunnelReading['peers'][number], TunnelReading['peers'][number]];
  const cases: [Seen, RegExp][] = [
    [{ link: undefined, reading: undefined, relays: true }, /^the tunnel was missing$/],
    [{ ...asSet, link: { ...link, flags: [] } }, /^the tunnel was down$/],
    [{ ...asSet, link: { ...link, mtu: 1280 } }, /^the tunnel's MTU was 1280 instead of 1420$/],
    [
      { ...asSet, link: { ...link, addr_info: [] } },
      /^the tunnel's address was .* instead of 10\.254\.0\.1\/24$/,
    ],
    [{ ...asSet, relays: false }, /^the tunnel relayed nothing$/],
    [seen({ publicKey: keyOf('X') }), /^the tunnel's key was X/],
    [seen({ port: 1 }), /^the tunnel's port was 1 instead of 51820$/],
    [seen({ peers: [first] }), /^peer 10\.254\.0\.2 was missing$/],
    [
      seen({ peers: [...reading.peers, { ...first, publicKey: keyOf('X') }] }),
      /^an unknown peer, X+A=, was there$/,
    ],
    [seen({ peers: [{ ...first, allowedIps: [] }, second] }), /^what is carried by peer 10\.254\.0\.2 was /],
    [
      seen({ peers: [{ ...first, keepaliveSeconds: 0 }, second] }),
      /^keepalive to peer .* was 0 instead of 25$/,
    ],
    [seen({ peers: [{ ...first, endpoint: null }, second] }), /^peer 10\.254\.0\.2 had no endpoint$/],
  ];
  for (const [now, phrase] of cases) {
    const found = tunnelDifferences(wanted, now);
    t.is(found.length, 1, found.join('; '));
    t.regex(found[0] ?? '', phrase);
  }
});

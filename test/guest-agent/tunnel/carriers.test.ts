import test from 'ava';
import { hasTwins, notCarrying, withCarriers } from '../../../src/guest-agent/tunnel/carriers.ts';
import { allowedIps } from '../../../src/guest-agent/tunnel/config-file.ts';
import type { TunnelReading } from '../../../src/guest-agent/tunnel/reading.ts';
import { keyOf, peer, tunnel } from './config.ts';

const old = peer({ publicKey: keyOf('B'), carries: ['10.254.0.2', '10.254.0.4'] });
const next = peer({ publicKey: keyOf('C'), carries: [] });
const other = peer({ publicKey: keyOf('D'), address: '10.254.0.3', carries: ['10.254.0.3'] });
const config = tunnel({ peers: [old, next, other] });

/** Seconds of the last handshake of each. */
const reading = (oldAt: number | null, nextAt: number | null): TunnelReading => ({
  ...{ publicKey: keyOf('A'), port: 51820 },
  peers: [old, next, other].map((one) => ({
    ...{ publicKey: one.publicKey, endpoint: null, keepaliveSeconds: 0, receivedBytes: 0, sentBytes: 0 },
    allowedIps: allowedIps(one),
    handshakeAt: one === old ? oldAt : one === next ? nextAt : 9,
  })),
});
const carried = (now: TunnelReading) => withCarriers(config, now).peers.map(({ carries }) => carries);
const asNamed = config.peers.map(({ carries }) => carries);
const moved = [[], ['10.254.0.2', '10.254.0.4'], ['10.254.0.3']];

test('of two keys of a host the one with the newer handshake carries all', (t) => {
  t.deepEqual(carried(reading(5, null)), asNamed);
  t.deepEqual(carried(reading(5, 4)), asNamed);
  t.deepEqual(carried(reading(5, 6)), moved);
  t.deepEqual(carried(reading(null, 6)), moved);
});

test('in the same second it is the one that comes after the other; unheard, what control named', (t) => {
  t.deepEqual(carried(reading(5, 5)), moved);
  t.deepEqual(carried(reading(null, null)), asNamed);
  t.is(withCarriers(config, undefined), config);
});

test('only a host with two keys has twins', (t) => {
  t.true(hasTwins(config));
  t.false(hasTwins(tunnel({ peers: [old, other] })));
});

test('only who is to carry something else is to be told', (t) => {
  const now = reading(5, 6);
  t.deepEqual(notCarrying(config, now), []);
  t.deepEqual(
    notCarrying(withCarriers(config, now), now).map(({ publicKey }) => publicKey),
    [next.publicKey],
  );
});

import test from 'ava';
import { parseDump, peersStatus } from '../../../src/guest-agent/tunnel/reading.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import { keyOf } from './config.ts';

/** Printed by wg 1.0.20210914, but for the keys. */
const secret = keyOf('Z');
const device = `${secret}\t${keyOf('A')}\t51820\toff`;
const heard = `${keyOf('B')}\t(none)\t198.51.100.7:51820\t10.254.0.2/32,10.254.0.4/32\t1767323045\t1480\t2960\t25`;
const silent = `${keyOf('C')}\t(none)\t(none)\t(none)\t0\t0\t148\toff`;

test('a dump is read column by column', (t) => {
  const reading = parseDump(`${device}\n${heard}\n${silent}\n`);
  t.is(reading.publicKey, keyOf('A'));
  t.is(reading.port, 51820);
  t.deepEqual(reading.peers[0]?.allowedIps, ['10.254.0.2/32', '10.254.0.4/32']);
  t.is(reading.peers[0]?.keepaliveSeconds, 25);
  t.deepEqual(reading.peers[1]?.allowedIps, []);
  t.is(reading.peers[1]?.keepaliveSeconds, 0);
});

test('the private key is not in what is read', (t) => {
  t.false(JSON.stringify(parseDump(`${device}\n${heard}\n`)).includes(secret));
});

test('nor in the error when it is not understood', (t) => {
  for (const text of [`${secret}\t${keyOf('A')}\n`, `${device}\n${heard}\textra\n`, `${secret}`, '']) {
    const error = t.throws(() => parseDump(text), { code: 'tunnel.unreadable' });
    t.true(error instanceof BlanketError);
    t.false(`${error?.stack}${JSON.stringify(error)}`.includes(secret));
  }
});

test('an interface without a key is read', (t) => {
  t.is(parseDump('(none)\t(none)\t0\toff\n').publicKey, null);
});

test('a status tells how long ago a handshake was, or that there was none', (t) => {
  const now = 1767323050_900;
  const [first, second] = peersStatus(parseDump(`${device}\n${heard}\n${silent}\n`), now);
  t.is(first?.handshakeSecondsAgo, 5);
  t.is(first?.endpoint, '198.51.100.7:51820');
  t.is(second?.handshakeSecondsAgo, null);
  t.is(second?.endpoint, null);
});

test('a clock that was set back makes no negative age', (t) => {
  const [first] = peersStatus(parseDump(`${device}\n${heard}\n`), 1767323000_000);
  t.is(first?.handshakeSecondsAgo, 0);
});

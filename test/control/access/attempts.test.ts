import test from 'ava';
import { Attempts, networkOf, usualLimits } from '../../../src/control/access/attempts.ts';
import { tlsSettings } from '../../../src/control/access/listen.ts';

const limits = { attempts: 2, lockedMs: 1000, rate: 10, burst: 2, addresses: 3 };

test('a lock ends by itself, and bad tokens are forgotten', (t) => {
  const own = new Attempts(limits);
  t.is(own.fail('a', 0), undefined);
  t.is(own.fail('a', 10), 2);
  t.is(own.wait('a', 20), 990);
  t.is(own.wait('b', 20), 0, 'others are not locked out');
  t.is(own.wait('a', 1010), 0);
  t.is(own.fail('a', 1010), undefined);
  t.is(own.wait('a', 3000), 0);
  t.is(own.fail('a', 3000), undefined, 'the one before is too long ago');
});

test('requests come back at their rate', (t) => {
  const own = new Attempts(limits);
  t.deepEqual(
    [0, 0, 0, 50, 101].map((now) => own.wait('a', now)),
    [0, 0, 100, 50, 0],
  );
});

test('however many addresses there are, few are remembered, the most recent', (t) => {
  const own = new Attempts(limits);
  for (let i = 0; i < 1000; i += 1) own.wait(`192.0.2.${i}`, i);
  t.is(own.size, 3);
  t.is(usualLimits.addresses, 10_000);
});

test('an IPv6 address counts as its /64', (t) => {
  t.is(networkOf('2001:db8:0:1::5'), networkOf('2001:db8:0:1:ffff::9'));
  t.not(networkOf('2001:db8:0:1::5'), networkOf('2001:db8:0:2::5'));
  t.is(networkOf('::1'), '0:0:0:0::/64');
  t.is(networkOf('fe80::1%eth0'), 'fe80:0:0:0::/64');
  t.is(networkOf('::ffff:192.0.2.1'), '192.0.2.1');
});

test('control is opened only with an address, a certificate and a key', (t) => {
  t.is(tlsSettings({}), undefined);
  for (const env of [
    { BLANKET_LISTEN: '0.0.0.0:8443' },
    { BLANKET_LISTEN: '8443', BLANKET_TLS_CERT: '/c', BLANKET_TLS_KEY: '/k' },
    { BLANKET_LISTEN: '0.0.0.0:99999', BLANKET_TLS_CERT: '/c', BLANKET_TLS_KEY: '/k' },
    { BLANKET_LISTEN: '0.0.0.0:1', BLANKET_TLS_CERT: 'c', BLANKET_TLS_KEY: '/k' },
    { BLANKET_LISTEN: '0.0.0.0:1', BLANKET_TLS_CERT: '/not/there', BLANKET_TLS_KEY: '/k' },
  ]) {
    t.throws(() => tlsSettings(env), { code: 'access.bad-settings' }, JSON.stringify(env));
  }
});

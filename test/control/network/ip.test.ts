import test from 'ava';
import fc from 'fast-check';
import {
  holds,
  overlaps,
  parseSubnet,
  rangeOf,
  toAddress,
  toNumber,
} from '../../../src/control/network/ipv4.ts';
import { addressIn, holds6, isPrivate6, parseSubnet6 } from '../../../src/control/network/ipv6.ts';
import type { BlanketError } from '../../../src/wire/errors.ts';

test('an IPv4 address is the same after it was a number', (t) => {
  fc.assert(fc.property(fc.ipV4(), (address) => toAddress(toNumber(address)) === address));
  t.is(toNumber('255.255.255.255'), 2 ** 32 - 1);
});

const wrong: [subnet: string, next: RegExp][] = [
  ['10.77.0.1/24', /Did you mean 10\.77\.0\.0\/24\?/],
  ['10.77.200.0/16', /Did you mean 10\.77\.0\.0\/16\?/],
  ['10.77.0.0/29', /such as/],
  ['10.0.0.0/7', /such as/],
  ['0.0.0.0/0', /such as/],
];
for (const [subnet, next] of wrong) {
  test(`${subnet} is refused, and a right one named`, (t) => {
    const error = t.throws<BlanketError>(() => parseSubnet(subnet), { code: 'network.bad-subnet' });
    t.regex(error.next ?? '', next);
  });
}

test('subnets from /8 to /28 are taken', (t) => {
  t.deepEqual(parseSubnet('10.0.0.0/8'), { first: 10 * 2 ** 24, size: 2 ** 24, prefix: 8 });
  t.is(parseSubnet('10.77.0.16/28').size, 16);
});

test('overlapping subnets are found, in both orders', (t) => {
  t.true(overlaps('10.0.0.0/8', '10.77.0.0/24'));
  t.true(overlaps('10.77.0.0/24', '10.0.0.0/8'));
  t.false(overlaps('10.77.0.0/24', '10.77.1.0/24'));
  t.true(holds(rangeOf('10.77.0.0/24'), '10.77.0.255'));
  t.false(holds(rangeOf('10.77.0.0/24'), '10.77.1.0'));
});

test('an IPv6 subnet is brought to its one text', (t) => {
  t.is(parseSubnet6('FD77::/64'), 'fd77::/64');
  t.is(parseSubnet6('fd77:0000:0:0001:0:0:0:0/64'), 'fd77:0:0:1::/64');
});

test('an IPv6 subnet that is none is refused, and a right one named', (t) => {
  const inside = t.throws<BlanketError>(() => parseSubnet6('fd77::5/64'), { code: 'network.bad-subnet' });
  t.is(inside.next, 'Did you mean fd77::/64?');
  const size = t.throws<BlanketError>(() => parseSubnet6('fd77::/48'), { code: 'network.bad-subnet' });
  t.regex(size.next ?? '', /such as fd77::\/64/);
});

test('addresses of an IPv6 subnet', (t) => {
  t.is(addressIn('fd77::/64', 1), 'fd77::1');
  t.is(addressIn('fd77::/64', 254), 'fd77::fe');
  t.is(addressIn('fd77:1:2:3::/64', 0x12_3456), 'fd77:1:2:3::12:3456');
  t.true(holds6('fd77::/64', 'fd77::ffff:0:0:1'));
  t.false(holds6('fd77::/64', 'fd77:0:0:1::1'));
});

test('unique local addresses are private, all others are not', (t) => {
  for (const address of ['fc00::', 'fd77::', 'fdff:ffff::1']) t.true(isPrivate6(address), address);
  for (const address of ['2001:db8::', 'fe80::1', 'fe00::', '::1', 'ff02::1'])
    t.false(isPrivate6(address), address);
});

import { isIPv6 } from 'node:net';
import test from 'ava';
import fc from 'fast-check';
import { hexOfIpv6, linkLocalOf } from '../../../src/guest-agent/filter/ipv6.ts';

test('an address is one number, however it is spelt', (t) => {
  for (const spelling of ['fd77::a', 'FD77::A', 'fd77:0:0:0:0:0:0:a', 'fd77:0000::0.0.0.10'])
    t.is(hexOfIpv6(spelling), '0xfd77000000000000000000000000000a', spelling);
  t.is(hexOfIpv6('::'), `0x${'0'.repeat(32)}`);
  t.is(hexOfIpv6('::1'), `0x${'1'.padStart(32, '0')}`);
  t.is(hexOfIpv6('1:2:3:4:5:6:7:8'), '0x00010002000300040005000600070008');
  t.is(hexOfIpv6('1::'), `0x0001${'0'.repeat(28)}`);
});

test('any address has 32 digits, and eight words make the same number', (t) => {
  const word = fc.integer({ min: 0, max: 0xffff });
  const words = fc.array(word, { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(words, (eight) => {
      const hex = eight.map((one) => one.toString(16).padStart(4, '0')).join('');
      t.is(hexOfIpv6(eight.map((one) => one.toString(16)).join(':')), `0x${hex}`);
    }),
  );
});

test("a guest's link-local address follows from its MAC (RFC 4291, appendix A)", (t) => {
  t.is(hexOfIpv6(linkLocalOf('34:56:78:9a:bc:de')), '0xfe80000000000000365678fffe9abcde');
  t.is(hexOfIpv6(linkLocalOf('02:00:00:00:00:0a')), '0xfe80000000000000000000fffe00000a');
  t.true(isIPv6(linkLocalOf('ff:ff:ff:ff:ff:ff')));
});

import test from 'ava';
import { newFairShare } from '../../../src/guest-agent/metadata/fair-share.ts';
import { newTokens } from '../../../src/guest-agent/metadata/tokens.ts';

test('a token is good for its guest until its time is over, and only where it was given', (t) => {
  let now = 5_000;
  const tokens = newTokens(() => now);
  const token = tokens.issue('a', 10);
  t.true(tokens.isGood('a', token));
  t.false(tokens.isGood('b', token));
  t.false(newTokens(() => now).isGood('a', token));
  now = 14_999;
  t.true(tokens.isGood('a', token));
  now = 15_000;
  t.false(tokens.isGood('a', token));
});

test('a token whose time was changed is not good', (t) => {
  const tokens = newTokens(() => 0);
  const bytes = Buffer.from(tokens.issue('a', 1), 'base64url');
  bytes.writeUIntBE(21_600_000, 0, 6);
  t.false(tokens.isGood('a', bytes.toString('base64url')));
});

test('an address has its share and no other’s; it grows again with time, up to what it was', (t) => {
  let now = 0;
  const share = newFairShare({ atOnce: 3, perSecond: 2 }, () => now);
  const takes = (address: string, times: number) => Array.from({ length: times }, () => share.take(address));
  t.deepEqual(takes('a', 4), [true, true, true, false]);
  t.deepEqual(takes('b', 1), [true]);
  now = 1_000;
  t.deepEqual(takes('a', 3), [true, true, false]);
  now = 100_000;
  t.deepEqual(takes('a', 4), [true, true, true, false]);
});

test('who asked long ago is forgotten, who asked lately is not', (t) => {
  let now = 0;
  const share = newFairShare({ atOnce: 1, perSecond: 1 }, () => now);
  for (let index = 0; index < 1024; index += 1) share.take(String(index));
  now = 500;
  share.take('new');
  t.false(share.take('0'));
  now = 1_200;
  t.true(share.take('0'));
  t.false(share.take('new'));
});

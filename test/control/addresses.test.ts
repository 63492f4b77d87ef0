import test from 'ava';
import fc from 'fast-check';
import {
  freeAddress,
  hostAddress,
  lowestFree,
  macOf,
  overlaps,
  parseSubnet,
} from '../../src/control/network/addresses.ts';
import { macSchema } from '../../src/wire/names.ts';

test('hosts count down from the top, guests up from the bottom', (t) => {
  t.is(hostAddress('10.77.0.0/24', 1), '10.77.0.254/24');
  t.is(hostAddress('10.77.0.0/24', 200), '10.77.0.55/24');
  t.is(freeAddress('10.77.0.0/24', []), '10.77.0.10');
  t.is(freeAddress('10.77.0.0/24', ['10.77.0.10', '10.77.0.11']), '10.77.0.12');
});

test('a full network says so', (t) => {
  const taken = Array.from({ length: 250 }, (_, i) => `10.77.0.${i}`);
  t.throws(() => freeAddress('10.77.0.0/24', taken), { code: 'network.full' });
});

test('no host and no guest ever share an address', (t) => {
  const hosts = new Set(
    Array.from({ length: 200 }, (_, i) => hostAddress('10.77.0.0/24', i + 1).split('/')[0]),
  );
  const guests: string[] = [];
  for (let i = 0; i < 45; i++) guests.push(freeAddress('10.77.0.0/24', guests));
  t.false(guests.some((address) => hosts.has(address)));
});

for (const subnet of ['10.77.0.1/24', '10.77.0.0/30', '0.0.0.0/0']) {
  test(`${subnet} is refused`, (t) => {
    t.throws(() => parseSubnet(subnet), { code: 'network.bad-subnet' });
  });
}

test('overlapping subnets are found, in both orders', (t) => {
  t.true(overlaps('10.0.0.0/8', '10.77.0.0/24'));
  t.true(overlaps('10.77.0.0/24', '10.0.0.0/8'));
  t.false(overlaps('10.77.0.0/24', '10.77.1.0/24'));
});

test('a MAC is stable and well formed', (t) => {
  fc.assert(
    fc.property(fc.uuid(), fc.nat(8), (uuid, nic) => {
      const mac = macOf(uuid, nic);
      return macSchema.safeParse(mac).success && mac === macOf(uuid, nic) && mac !== macOf(uuid, nic + 1);
    }),
  );
  t.pass();
});

test('the lowest free number is found', (t) => {
  t.is(lowestFree([], 1), 1);
  t.is(lowestFree([1, 2, 4], 1), 3);
});

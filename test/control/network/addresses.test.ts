import test from 'ava';
import fc from 'fast-check';
import { gatewayMac, lowestFree, macOf } from '../../../src/control/network/addresses.ts';
import { fittingMtu } from '../../../src/control/network/path-mtu.ts';
import { macSchema } from '../../../src/wire/names.ts';

test('a MAC is stable and well formed', (t) => {
  fc.assert(
    fc.property(fc.uuid(), fc.nat(8), (uuid, nic) => {
      const mac = macOf(uuid, nic);
      return macSchema.safeParse(mac).success && mac === macOf(uuid, nic) && mac !== macOf(uuid, nic + 1);
    }),
  );
  t.pass();
});

test("a gateway's MAC comes from the network's name alone, and is nobody's own", (t) => {
  // sha256sum of `gateway lan`
  t.is(gatewayMac('lan'), '02:12:77:5b:14:2e');
  t.not(gatewayMac('lan'), gatewayMac('lab'));
});

test('the lowest free number is found', (t) => {
  t.is(lowestFree([], 1), 1);
  t.is(lowestFree([1, 2, 4], 1), 3);
});

test('tunnels are as wide as the narrowest way that was measured', (t) => {
  t.is(fittingMtu([]), 1420);
  t.is(fittingMtu([{ pathMtu: null }, { pathMtu: 9000 }]), 1420);
  t.is(fittingMtu([{ pathMtu: 1460 }, { pathMtu: null }, { pathMtu: 1500 }]), 1380);
});

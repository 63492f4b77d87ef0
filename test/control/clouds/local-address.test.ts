import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { leaseAddress, macOf, releaseAddress } from '../../../src/control/clouds/local-address.ts';

test('hosts made at once get different addresses, the same host the same one, a released one is free', async (t) => {
  const state = await mkdtemp(join(tmpdir(), 'lease-'));
  t.teardown(() => rm(state, { recursive: true }));
  const names = Array.from({ length: 20 }, (_, n) => `h${n}`);
  const leased = await Promise.all(names.map((name) => leaseAddress({ state }, 'one', name)));
  const fourth = leased[3] ?? '';
  t.is(new Set(leased).size, 20);
  for (const address of leased) t.regex(address, /^198\.18\.0\.\d+$/);
  t.is(await leaseAddress({ state }, 'one', 'h3'), fourth);
  t.not(await leaseAddress({ state }, 'two', 'h3'), fourth);
  await releaseAddress({ state }, 'one', 'h3');
  await releaseAddress({ state }, 'one', 'h3');
  t.is(await leaseAddress({ state }, 'two', 'h9'), fourth);
});

test('MAC addresses are stable, local, unicast and all different', (t) => {
  const macs = ['a', 'b'].flatMap((cloud) =>
    ['x', 'y'].flatMap((vm) => (['uplink', 'wan'] as const).map((nic) => macOf(cloud, vm, nic))),
  );
  t.is(new Set(macs).size, 8);
  for (const mac of macs) {
    t.regex(mac, /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
    t.is(Number.parseInt(mac.slice(0, 2), 16) & 3, 2);
  }
  t.is(macOf('a', 'x', 'wan'), macs[1] ?? '');
});

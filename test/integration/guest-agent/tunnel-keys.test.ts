/** The keys of real tunnels change, and hosts that fall meanwhile come back with the right one. */
import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { rotateKey } from '../../../src/control/network/rotate-key.ts';
import { configFor, syncTunnels } from '../../../src/control/network/tunnels.ts';
import { pathsUnder } from '../../../src/guest-agent/paths.ts';
import { fleet, heardByAll, inside, mustPing, withTools } from './tunnel-fleet.ts';
import { eventually, pings, type TunnelHost } from './tunnel-hosts.ts';

withTools('a key is rotated while packets pass', async (t) => {
  const all = await fleet(t, 2);
  const [first, second] = all.hosts as [TunnelHost, TunnelHost];
  const { store } = all.services;
  await syncTunnels(all.services);
  await heardByAll(all, t);
  second.follow();
  const before = store.hosts.get('h1').tunnelKey;
  const end = second.flood(inside(1));
  await rotateKey(all.services, 'h1');
  await mustPing(second, inside(1));
  const { sent, received } = await end();
  t.log(`${received} of ${sent} packets came back during a rotation`);
  t.true(received > 0 && sent - received <= 15, 'at most three seconds without an answer');
  const after = store.hosts.get('h1').tunnelKey;
  t.not(after, before);
  t.is((await first.exec('wg', 'show', 'blanket0', 'public-key')).trim(), after ?? '');
  t.is((await second.exec('wg', 'show', 'blanket0', 'peers')).trim(), after ?? '');
  t.deepEqual(await first.call('differs'), []);
  t.true(await pings(first, inside(2)));
});

withTools(
  'a host that uses its next key is heard, though control has not come to tell the others',
  async (t) => {
    const all = await fleet(t, 3);
    const [first, second] = all.hosts as [TunnelHost, TunnelHost];
    const { store } = all.services;
    await syncTunnels(all.services);
    await heardByAll(all, t);
    const { publicKey } = (await first.call('tunnel.next-key')) as { publicKey: string };
    store.hosts.update('h1', { tunnelKeyNext: publicKey });
    await syncTunnels(all.services);
    t.true(await pings(second, inside(1)));
    t.deepEqual(await second.call('differs'), []);
    const before = await second.exec('wg', 'show', 'blanket0', 'allowed-ips');
    second.follow();
    await first.call('tunnel.configure', { ...configFor(store, store.hosts.get('h1')), key: publicKey });
    await eventually(() => mustPing(second, inside(1)), 10_000);
    t.true(await pings(first, inside(2)));
    t.not(await second.exec('wg', 'show', 'blanket0', 'allowed-ips'), before);
    t.deepEqual(await second.call('differs'), []);
    // what control names again meanwhile changes nothing of it
    await second.call('tunnel.configure', configFor(store, store.hosts.get('h2')));
    t.true(await pings(second, inside(1)));
  },
);

withTools('a host that fell while its next key came into use finds itself with that key', async (t) => {
  const all = await fleet(t, 1);
  const [host] = all.hosts as [TunnelHost];
  await syncTunnels(all.services);
  const { tunnelKey } = all.services.store.hosts.get('h1');
  // As it is after the configuration was kept and before the pair took the other's place.
  const { tunnelKey: file, tunnelKeyNext } = pathsUnder(host.state);
  await rename(file, tunnelKeyNext);
  await writeFile(file, await host.exec('wg', 'genkey'));
  await host.exec('ip', 'address', 'flush', 'dev', 'blanket0');
  await host.call('restore');
  t.is((await host.exec('wg', 'show', 'blanket0', 'public-key')).trim(), tunnelKey ?? '');
  t.deepEqual(await host.call('tunnel.identity'), { publicKey: tunnelKey });
  t.false(existsSync(tunnelKeyNext));
  t.deepEqual(await host.call('differs'), []);
});

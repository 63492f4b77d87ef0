/** What real tunnels of hosts carry, and that what is changed by hand is repaired. */
import { syncTunnels } from '../../../src/control/network/tunnels.ts';
import { fleet, heardByAll, inside, mustPing, withTools } from './tunnel-fleet.ts';
import { eventually, pings, type TunnelHost } from './tunnel-hosts.ts';

withTools(
  'three hosts hear each other, packets of the MTU pass, and what is changed by hand is repaired',
  async (t) => {
    const all = await fleet(t, 3);
    const [first] = all.hosts as [TunnelHost];
    await syncTunnels(all.services);
    await heardByAll(all, t);
    t.true(await pings(first, inside(2), 1420));
    t.false(await pings(first, inside(2), 1421));
    t.deepEqual(await first.call('differs'), []);
    const other = String(all.services.store.hosts.get('h2').tunnelKey);
    await first.exec('wg', 'set', 'blanket0', 'peer', other, 'remove');
    await first.exec('ip', 'link', 'set', 'blanket0', 'mtu', '1300');
    await first.exec('sysctl', '-qw', 'net.ipv4.conf.blanket0.forwarding=0');
    await first.exec('ip', 'address', 'add', '10.9.9.9/24', 'dev', 'blanket0');
    t.deepEqual(await first.call('repair'), [
      "the tunnel's MTU was 1300 instead of 1420",
      "the tunnel's address was 10.254.0.1/24, 10.9.9.9/24 instead of 10.254.0.1/24",
      'the tunnel relayed nothing',
      'peer 10.254.0.2 was missing',
    ]);
    t.deepEqual(await first.call('differs'), []);
    await eventually(() => mustPing(first, inside(2), 1420));
  },
);

withTools('what comes out of a tunnel goes back into it and nowhere else', async (t) => {
  const all = await fleet(t, 2);
  const [first, second] = all.hosts as [TunnelHost, TunnelHost];
  await syncTunnels(all.services);
  await heardByAll(all, t);
  await second.exec('ip', 'link', 'add', 'owners', 'type', 'veth', 'peer', 'name', 'theirs');
  await second.exec('ip', 'address', 'add', '192.0.2.1/24', 'dev', 'owners');
  for (const end of ['owners', 'theirs']) await second.exec('ip', 'link', 'set', end, 'up');
  await second.exec('ip', 'neigh', 'add', '192.0.2.9', 'lladdr', '02:00:00:00:00:09', 'dev', 'owners');
  const chain = (hook: string, rule: string) =>
    `chain ${hook} { type filter hook ${hook} priority 300; ${rule}; }`;
  const came = chain('prerouting', 'ip daddr 192.0.2.9 counter');
  const left = chain('postrouting', 'ip daddr 192.0.2.9 counter');
  await second.exec('nft', `table inet seen { ${came}; ${left}; }`);
  // as a host would that does not keep to what it is told
  const key = String(all.services.store.hosts.get('h2').tunnelKey);
  await first.exec('wg', 'set', 'blanket0', 'peer', key, 'allowed-ips', '10.254.0.2/32,192.0.2.0/24');
  await first.exec('ip', 'route', 'add', '192.0.2.0/24', 'dev', 'blanket0');
  t.false(await pings(first, '192.0.2.9'));
  const counters = await second.exec('nft', 'list', 'table', 'inet', 'seen');
  t.deepEqual(
    [...counters.matchAll(/packets (\d+)/g)].map(([, packets]) => packets),
    ['3', '0'],
  );
  await second.exec('nft', 'delete', 'table', 'inet', 'blanket');
  await second.call('restore');
  t.true((await second.exec('nft', 'list', 'tables')).includes('inet blanket'));
});

/** Control's ways and keys over real tunnels of three hosts. */
import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { pino } from 'pino';
import { rotateKey } from '../../../src/control/network/rotate-key.ts';
import { configFor, reviewTunnels, syncTunnels } from '../../../src/control/network/tunnels.ts';
import { unheard } from '../../../src/control/provision/enrol.ts';
import type { Services } from '../../../src/control/services.ts';
import { openStore } from '../../../src/control/store/store.ts';
import { pathsUnder } from '../../../src/guest-agent/paths.ts';
import { run } from '../../../src/process/run.ts';
import { hostRecord } from '../../control/host-record.ts';
import { asRoot } from '../as-root.ts';
import { cut, eventually, heal, pings, type TunnelHost, tunnelHosts } from './tunnel-hosts.ts';

const never = new AbortController().signal;
const tools = ['wireguard-go', 'wg', 'nft', 'unshare', 'nsenter', 'ping'];

async function lacking(): Promise<string[]> {
  const found = await Promise.all(
    tools.map((tool) =>
      run('sh', ['-c', `command -v ${tool}`]).then(
        () => [],
        () => [tool],
      ),
    ),
  );
  return found.flat();
}
const absent = await lacking();

const withTools = (title: string, body: (t: ExecutionContext) => Promise<void>): void => {
  if (absent.length > 0) test.skip(`${title} (${absent.join(', ')} not installed)`, body);
  else asRoot('make network namespaces', title, body);
};

type Fleet = { services: Services; hosts: TunnelHost[]; names: string[] };

/** A control with a store of its own over hosts h1, h2, …, which have made their keys. */
async function fleet(t: ExecutionContext, count: number): Promise<Fleet> {
  const hosts = await tunnelHosts(t, count);
  const names = hosts.map((_, index) => `h${index + 1}`);
  const folder = await mkdtemp(join(tmpdir(), 'blanket-control-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const store = openStore(join(folder, 'control.db'));
  for (const [index, host] of hosts.entries()) {
    const { publicKey } = (await host.call('tunnel.identity')) as { publicKey: string };
    const name = names[index] ?? '';
    store.hosts.insert(hostRecord(name, index + 1, { address: host.address, tunnelKey: publicKey }));
  }
  const agents = {
    call: (name: string, method: string, params: unknown) => hosts[names.indexOf(name)]?.call(method, params),
  };
  const services = { store, agents, log: pino({ level: 'silent' }) } as unknown as Services;
  return { services, hosts, names };
}

const heardByAll = async ({ services, names }: Fleet, t: ExecutionContext) => {
  for (const name of names) t.deepEqual((await unheard(services, name, 30_000, never)).missing, []);
};
/** A failed assertion stays failed, so what may fail at first must be no assertion. */
async function mustPing(...to: Parameters<typeof pings>): Promise<void> {
  if (!(await pings(...to))) throw new Error(`${to[1]} does not answer`);
}
/** One keepalive to each peer: WireGuard sends it as soon as it is told to begin with them. */
async function keepAlive({ exec }: TunnelHost): Promise<void> {
  const peers = (await exec('wg', 'show', 'blanket0', 'peers')).trim().split('\n');
  for (const peer of peers)
    for (const often of ['off', '25'])
      await exec('wg', 'set', 'blanket0', 'peer', peer, 'persistent-keepalive', often);
}
const inside = (number: number) => `10.254.0.${number}`;

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

withTools(
  'two hosts whose packets are dropped go through the third, and directly again when they pass',
  async (t) => {
    const all = await fleet(t, 3);
    const [first, second, third] = all.hosts as [TunnelHost, TunnelHost, TunnelHost];
    await cut(first, second);
    await cut(second, first);
    const real = Date.now;
    t.teardown(() => {
      Date.now = real;
    });
    let aheadMs = 0;
    Date.now = () => real() + aheadMs;
    /** A round of control's as if it were ten seconds after the last, with the packets that would have passed meanwhile. */
    const round = async () => {
      for (const host of [first, second]) await keepAlive(host);
      for (const [from, to] of [
        [first, 3],
        [second, 3],
        [first, 2],
      ] as const)
        await pings(from, inside(to));
      const { ways } = await reviewTunnels(all.services);
      aheadMs += 10_000;
      return ways.get('h1 h2');
    };
    await syncTunnels(all.services);
    t.deepEqual((await unheard(all.services, 'h3', 30_000, never)).missing, []);
    t.deepEqual((await unheard(all.services, 'h1', 0, never)).missing, ['h2']);
    t.false(await pings(first, inside(2)));
    let way = await round();
    t.is(way?.state, 'pending');
    for (let rounds = 0; rounds < 6 && way?.state !== 'relayed'; rounds++) way = await round();
    t.is(way?.via, 'h3');
    t.true(await pings(first, inside(2), 1420));
    t.true(await pings(second, inside(1), 1420));
    await heal(first);
    await heal(second);
    t.deepEqual((await unheard(all.services, 'h1', 60_000, never)).missing, []);
    for (let rounds = 0; rounds < 9 && way?.state !== 'direct'; rounds++) way = await round();
    t.is(way?.state, 'direct');
    await third.exec('ip', 'link', 'set', 'uplink', 'down');
    t.true(await pings(first, inside(2), 1420));
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

withTools('a key is rotated while packets pass', async (t) => {
  const all = await fleet(t, 2);
  const [first, second] = all.hosts as [TunnelHost, TunnelHost];
  const { store } = all.services;
  await syncTunnels(all.services);
  await heardByAll(all, t);
  second.follow();
  const before = store.hosts.get('h1').tunnelKey;
  const flood = second.exec('ping', '-n', '-q', '-c', '100', '-i', '0.2', '-W', '2', inside(1));
  await rotateKey(all.services, 'h1');
  const received = Number(/(\d+) received/.exec(await flood)?.[1]);
  t.log(`${received} of 100 packets came back during a rotation`);
  t.true(received >= 85);
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

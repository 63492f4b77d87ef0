/** A network is guarded before its first frame passes, and stays so whatever fails after. */
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bridgeOf, gatewayPortOf } from '../../../src/guest-agent/network/names.ts';
import { asRoot } from '../as-root.ts';
import { card, configOf, type Host, network, twoHosts } from './two-hosts.ts';

const why = 'make network namespaces';

const other = {
  ...{ name: 'other', vni: 78, subnet: '10.78.0.0/24', subnet6: null, cards: [] },
  gateway: { mac: '02:bb:00:00:00:02', address: '10.78.0.1', address6: null },
  ...{ hostAddress: '10.78.0.251/24', hostAddresses: ['10.78.0.251'] },
};

const has = (host: Host, device: string): Promise<boolean> =>
  host.inside('ip', 'link', 'show', 'dev', device).then(
    () => true,
    () => false,
  );

const guards = async (host: Host, name: string): Promise<boolean> =>
  (await host.inside('nft', 'list', 'ruleset')).includes(`"${gatewayPortOf(name)}"`);

const repaired = async (host: Host) => ((await host.ask('repair')) as { repaired: string[] }).repaired;

asRoot(why, 'a network that was set half stays guarded when another is set, and is set again', async (t) => {
  const { a, b } = await twoHosts(t);
  const inTheWay = join(a.state, 'networks', `${network}.leases`);
  mkdirSync(inTheWay, { recursive: true });
  const config = configOf(a, [b], [card(11, 'web', a)]);
  await t.throwsAsync(a.ask('apply', config));
  t.true(await has(a, bridgeOf(network)));
  t.true(await guards(a, network));
  await a.ask('apply', { ...config, ...other });
  t.true(await guards(a, network));
  rmdirSync(inTheWay);
  t.true((await repaired(a)).includes(`bridge ${network}: it was not set up`));
  t.deepEqual(await repaired(a), []);
});

asRoot(why, 'a network whose devices cannot be made is guarded all the same', async (t) => {
  const { a, b } = await twoHosts(t);
  await a.inside('ip', 'link', 'delete', 'blanket0');
  await t.throwsAsync(a.ask('apply', configOf(a, [b], [card(11, 'web', a)])), { message: /blanket0/ });
  t.true(await guards(a, network));
});

asRoot(why, 'after a reboot networks are guarded, also when they cannot be set up', async (t) => {
  const { a, b } = await twoHosts(t);
  const cards = [card(11, 'web', a)];
  await b.ask('apply', configOf(b, [a], cards));
  await a.ask('apply', configOf(a, [b], cards));
  await b.inside('ip', 'link', 'delete', 'blanket0');
  for (const family of ['bridge', 'inet']) await b.inside('nft', 'delete', 'table', family, 'blanket');
  await b.inside('ip', 'link', 'delete', bridgeOf(network));
  await b.ask('restore');
  t.true(await has(b, bridgeOf(network)));
  t.true(await guards(b, network));
});

asRoot(
  why,
  'while a network cannot be read its guests stay guarded, also when the last other one goes',
  async (t) => {
    const { a, b } = await twoHosts(t);
    const config = configOf(a, [b], [card(11, 'web', a)]);
    await a.ask('apply', config);
    await a.ask('apply', { ...config, ...other });
    writeFileSync(join(a.state, 'networks', `${network}.json`), 'of another version');
    await a.ask('remove', 'other');
    const table = await a.inside('nft', 'list', 'table', 'bridge', 'blanket');
    t.regex(table, /hook prerouting[^}]*iifname "bt\*"/);
    await a.ask('restore');
    t.is(await a.inside('nft', 'list', 'table', 'bridge', 'blanket'), table);
  },
);

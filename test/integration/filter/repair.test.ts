/** What someone changes by hand is named; what traffic changes is not. */
import { cardOf, networkOf } from '../../guest-agent/filter/networks.ts';
import { asRoot } from '../as-root.ts';
import { stageFor } from './stage.ts';

const config = networkOf({ cards: [cardOf(10), cardOf(11, { allow: [] })] });

asRoot('make namespaces', 'changes by hand are named, and gone when the filter is set again', async (t) => {
  const stage = await stageFor(t);
  t.deepEqual(await stage.filter.differs(), [], 'nothing was set');
  await stage.filter.apply([config]);
  t.deepEqual(await stage.filter.differs(), []);
  const hand = (...words: string[]) => stage.nft(words);
  const changes: [string, () => Promise<unknown>][] = [
    [
      'chain from_guest of table bridge blanket was changed',
      () => hand('flush', 'chain', 'bridge', 'blanket', 'from_guest'),
    ],
    [
      'set cards of table bridge blanket was changed',
      () => hand('add', 'element', 'bridge', 'blanket', 'cards', '{ "bt02000000000a" . 02:00:00:00:00:0b }'),
    ],
    [
      'map guests of table bridge blanket was changed',
      () => hand('delete', 'element', 'bridge', 'blanket', 'guests', '{ "bt02000000000b" }'),
    ],
    ['chain mine of table inet blanket was added', () => hand('add', 'chain', 'inet', 'blanket', 'mine')],
    [
      'chain forward of table inet blanket was changed',
      () => hand('insert', 'rule', 'inet', 'blanket', 'forward', 'accept'),
    ],
    ['table inet blanket was removed', () => hand('delete', 'table', 'inet', 'blanket')],
  ];
  for (const [named, change] of changes) {
    await change();
    t.deepEqual(await stage.filter.differs(), [named]);
    await stage.filter.apply([config]);
    t.deepEqual(await stage.filter.differs(), []);
  }
  await hand('delete', 'rule', 'inet', 'blanket', 'outwards', 'handle', await firstHandle(stage));
  t.deepEqual(await stage.filter.differs(), ['chain outwards of table inet blanket was changed']);
});

async function firstHandle({ nft }: Awaited<ReturnType<typeof stageFor>>): Promise<string> {
  const listing = await nft(['-a', 'list', 'chain', 'inet', 'blanket', 'outwards']);
  return /drop # handle (\d+)/.exec(listing)?.[1] ?? '';
}

asRoot('make namespaces', 'traffic is no change, and what it left stays over another apply', async (t) => {
  const stage = await stageFor(t);
  await stage.serve('one', 53);
  await stage.filter.apply([config]);
  t.is(await stage.askUdp('two', '10.77.0.10', 53, 7000), '10.77.0.11');
  const asked = () => stage.nft(['list', 'set', 'bridge', 'blanket', 'udp_02000000000b']);
  t.regex(await asked(), /10\.77\.0\.10 \. 53 \. 7000/);
  t.deepEqual(await stage.filter.differs(), []);
  await stage.filter.apply([config, networkOf({ name: 'green', vni: 88 })]);
  t.regex(await asked(), /10\.77\.0\.10 \. 53 \. 7000/);
  await stage.filter.apply([networkOf({ cards: [cardOf(10), cardOf(11)] })]);
  await t.throwsAsync(asked(), { message: /No such file/ }, 'a guest without a firewall has no such set');
});

asRoot(
  'make namespaces',
  "another's tables stay, and without networks ours is the tunnel's alone",
  async (t) => {
    const stage = await stageFor(t);
    await stage.nft(['-f', '-'], 'table inet other { chain input { counter; }; }');
    await stage.filter.apply([config]);
    t.deepEqual((await stage.nft(['list', 'tables'])).trim().split('\n').sort(), [
      'table bridge blanket',
      'table inet blanket',
      'table inet other',
    ]);
    await stage.filter.apply([]);
    t.deepEqual((await stage.nft(['list', 'tables'])).trim().split('\n').sort(), [
      'table inet blanket',
      'table inet other',
    ]);
    const listing = await stage.nft(['list', 'table', 'inet', 'blanket']);
    t.deepEqual(
      [...listing.matchAll(/\t(?:chain|set|map) (\S+)/g)].map(([, name]) => name),
      ['forward'],
    );
    t.deepEqual(await stage.filter.differs(), []);
    await stage.nft(['delete', 'table', 'inet', 'blanket']);
    await stage.nft(['add', 'table', 'bridge', 'blanket']);
    t.deepEqual(await stage.filter.differs(), [
      'table bridge blanket was added',
      'table inet blanket was removed',
    ]);
  },
);

asRoot('make namespaces', 'tables that cannot be changed in place are made anew', async (t) => {
  const stage = await stageFor(t);
  // an older agent's chain of another kind, and a chain that someone's rule leads to
  await stage.nft(
    ['-f', '-'],
    'table inet blanket { chain forward { type filter hook input priority 5; }; set bridges { type ipv4_addr; }; }',
  );
  await stage.filter.apply([config]);
  t.regex(await stage.nft(['list', 'chain', 'inet', 'blanket', 'forward']), /hook forward/);
});

asRoot('make namespaces', 'what nft refuses changes nothing', async (t) => {
  const stage = await stageFor(t);
  await stage.filter.apply([config]);
  await t.throwsAsync(stage.filter.apply([{ ...config, hostAddresses: ['not an address'] }]), {
    message: /failed with exit code/,
  });
  t.deepEqual(await stage.filter.differs(), []);
});

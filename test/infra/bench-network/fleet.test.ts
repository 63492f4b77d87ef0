import test from 'ava';
import {
  configsOf,
  everyoneLines,
  fleetOf,
  flip,
  guestMac,
  homeOf,
  moveOf,
  tableLines,
  tunnelAddress,
} from '../../../infra/bench/network/fleet.ts';
import { agentMethods } from '../../../src/wire/agent-methods.ts';

const fleet = fleetOf(1_000);

test('a fleet has ten guests a host, each at home on one', (t) => {
  t.deepEqual(fleet, { hosts: 1_000, guests: 10_000 });
  t.deepEqual([homeOf(0), homeOf(9), homeOf(10), homeOf(9_999)], [0, 0, 1, 999]);
});

test("what is sent is what control's messages may be, also at the far end of the fleet", (t) => {
  const [config] = configsOf(fleet, [999]);
  t.deepEqual(agentMethods['network.apply'].params.parse(config), config);
  t.deepEqual(agentMethods['network.forward'].params.parse(moveOf(9_999, 0)), {
    name: 'bench',
    moves: [{ mac: '52:54:00:00:27:0f', at: '10.254.0.1' }],
  });
});

test('no address and no MAC is given twice', (t) => {
  const [config] = configsOf(fleet, [0]);
  const cards = config?.cards ?? [];
  const on = [...(config?.hostAddresses ?? []), ...cards.map(({ address }) => address), '10.77.0.1'];
  t.is(new Set(on).size, 1_000 + 10_000 + 1);
  t.is(new Set(cards.map(({ mac }) => mac)).size, 10_000);
  t.is(new Set(cards.map(({ address6 }) => address6)).size, 10_000);
  t.is(new Set([config?.tunnelAddress, ...(config?.peers ?? [])]).size, 1_000);
});

test('a host is told which cards are its own, and nothing else differs between the cards of two hosts', (t) => {
  const [first, second] = configsOf(fleetOf(10), [3, 4]);
  const here = (config: typeof first) => config?.cards.filter((card) => card.here).map(({ name }) => name);
  t.deepEqual(
    here(first),
    Array.from({ length: 10 }, (_, index) => `guest-${30 + index}`),
  );
  t.is(here(second)?.[0], 'guest-40');
  const bare = (config: typeof first) => config?.cards.map((card) => ({ ...card, here: false }));
  t.deepEqual(bare(first), bare(second));
});

test('a table has every peer and every remote guest, and none of the host itself', (t) => {
  const lines = tableLines(fleetOf(3), 1);
  t.is(lines.length, 2 + 20);
  t.deepEqual(lines.slice(0, 2), everyoneLines(fleetOf(3), 1));
  t.false(lines.some((line) => line.includes(`dst ${tunnelAddress(1)} `)));
  t.false(lines.some((line) => line.includes(guestMac(10))));
  t.is(lines.at(-1), 'fdb replace 52:54:00:00:00:1d dev vx0 dst 10.254.0.3 self dynamic extern_learn');
});

test('a flip names card and host where the check of it looks for them', (t) => {
  const command = flip(258, 257);
  t.is(command[2], '52:54:00:00:01:02');
  t.is(command[6], '10.254.1.2');
});

import test from 'ava';
import { configFor, viewOf } from '../../../src/control/network/config.ts';
import { flipForwarding } from '../../../src/control/network/forward.ts';
import { journeysOf } from '../../../src/control/network/journeys.ts';
import { syncNetworks } from '../../../src/control/network/sync.ts';
import type { GuestRecord, OperationRecord } from '../../../src/control/store/records.ts';
import type { PhaseRecord } from '../../../src/wire/resources.ts';
import { guestRecord } from '../fleet/rig.ts';
import { rig } from './rig.ts';

const nic = (network: string, number: number) => ({
  ...{
    network,
    mac: `52:54:00:00:00:0${number}`,
    address: `10.77.0.1${number}`,
    address6: `fd77::${number}`,
  },
});
const allow: GuestRecord['allow'] = [{ protocol: 'tcp', ports: { first: 22, last: 22 } }];

async function twoGuests(t: Parameters<typeof rig>[0]) {
  const own = rig(t);
  await own.create('lan', '10.77.0.0/24');
  await own.create('lab', '10.78.0.0/24', { isolated: true });
  own.store.guests.insert(guestRecord('web1', 'a1', { nics: [nic('lan', 1)], allow }));
  own.store.guests.insert(guestRecord('db1', 'b1', { nics: [nic('lab', 2)] }));
  const config = (host: string, network: string) =>
    configFor(own.store.networks.get(network), own.store.hosts.get(host), viewOf(own.store));
  return { ...own, config };
}

/** A migration that has got so far. */
function migration(
  store: Awaited<ReturnType<typeof twoGuests>>['store'],
  prepare: PhaseRecord['state'],
  change: Partial<OperationRecord> = {},
) {
  const id = `guest-migrate-${prepare}`;
  store.operations.insert({
    ...{ name: id, id, kind: 'guest.migrate', subject: 'guest/web1', state: 'running', version: 1 },
    phases: [{ name: 'prepare', state: prepare, startedAt: null, durationMs: null }],
    ...{ flowState: { guest: 'web1', source: 'a1', destination: 'b1' }, progress: null, result: null },
    ...{ problem: null, createdAt: '2026-01-02T03:04:05.000Z', endedAt: null },
    ...change,
  });
  return id;
}

/** Whether web1 is guarded there, and where its frames go, by the last number of an address in the tunnel. */
const placeOf = ({ config }: Pick<Awaited<ReturnType<typeof twoGuests>>, 'config'>, host: string) => {
  const [card] = config(host, 'lan').cards;
  return `${card?.here ? 'guarded' : 'not guarded'}, at ${card?.at.split('.').at(-1)}`;
};

test('a card is known everywhere, and its firewall only where it is', async (t) => {
  const { config } = await twoGuests(t);
  const card = { ...nic('lan', 1), name: 'web1', at: '10.254.0.1' };
  const { network: _network, ...told } = card;
  t.deepEqual(config('a1', 'lan').cards, [{ ...told, here: true, allow }]);
  t.deepEqual(config('b1', 'lan').cards, [{ ...told, here: false, allow: null }]);
  t.deepEqual(
    config('a1', 'lab').cards.map(({ name, here }) => [name, here]),
    [['db1', false]],
  );
  t.false(config('a1', 'lab').outside);
});

test('a guest that is on its way is guarded at both ends, and its frames still go to the source', async (t) => {
  const { config, store } = await twoGuests(t);
  const id = migration(store, 'running');
  const here = (host: string) => config(host, 'lan').cards.map((card) => [card.here, card.at, card.allow]);
  t.deepEqual(here('a1'), [[true, '10.254.0.1', allow]]);
  t.deepEqual(here('b1'), [[true, '10.254.0.1', allow]]);
  t.deepEqual(here('c1'), [[false, '10.254.0.1', null]]);
  store.guests.update('web1', { host: 'b1' });
  t.deepEqual(here('a1'), [[false, '10.254.0.2', null]]);
  t.deepEqual(here('b1'), [[true, '10.254.0.2', allow]]);
  store.guests.update('web1', { host: 'a1' });
  store.operations.update(id, { state: 'rolled-back' });
  t.deepEqual(here('b1'), [[false, '10.254.0.1', null]]);
});

for (const state of ['failed', 'undone'] as const) {
  test(`a guest whose migration goes back (${state}) is not awaited any more`, async (t) => {
    const { config, store } = await twoGuests(t);
    migration(store, state);
    t.deepEqual(
      config('b1', 'lan').cards.map(({ here }) => here),
      [false],
    );
  });
}

test('between the handover and its book-keeping frames go to the destination, and both ends guard', async (t) => {
  const own = await twoGuests(t);
  const flowState = { guest: 'web1', source: 'a1', destination: 'b1', handed: true };
  const id = migration(own.store, 'done', { flowState });
  t.deepEqual(
    ['a1', 'b1', 'c1'].map((host) => placeOf(own, host)),
    ['guarded, at 2', 'guarded, at 2', 'not guarded, at 2'],
  );
  own.store.operations.update(id, { flowState: { ...flowState, handed: false } });
  t.is(placeOf(own, 'c1'), 'not guarded, at 1');
});

test('a guest whose migration nobody knows the end of is guarded at both ends until that is decided', async (t) => {
  const own = await twoGuests(t);
  const flowState = { guest: 'web1', source: 'a1', destination: 'b1', handed: true };
  const id = migration(own.store, 'failed', { state: 'attention', flowState });
  own.store.guests.update('web1', { state: 'attention' });
  t.deepEqual(
    ['a1', 'b1'].map((host) => placeOf(own, host)),
    ['guarded, at 2', 'guarded, at 2'],
  );
  own.store.operations.update(id, { flowState: { ...flowState, handed: undefined } });
  t.deepEqual(
    ['a1', 'b1'].map((host) => placeOf(own, host)),
    ['guarded, at 1', 'guarded, at 1'],
  );
  own.store.guests.update('web1', { state: 'migrating' });
  t.is(placeOf(own, 'b1'), 'guarded, at 1', 'also when not even that could be noted');
  own.store.guests.update('web1', { state: 'running' });
  t.is(placeOf(own, 'b1'), 'not guarded, at 1');
});

test('an end that is gone holds nothing up', async (t) => {
  const own = await twoGuests(t);
  const flowState = { guest: 'web1', source: 'a1', destination: 'gone', handed: true };
  migration(own.store, 'failed', { state: 'attention', flowState });
  own.store.guests.update('web1', { state: 'attention' });
  t.is(placeOf(own, 'c1'), 'not guarded, at 1');
});

test('a guest whose host is gone is in no config, and keeps no other guest from being in them', async (t) => {
  const own = await twoGuests(t);
  own.store.guests.insert(guestRecord('db2', 'gone', { nics: [nic('lab', 3)] }));
  const names = (network: string) => own.config('a1', network).cards.map(({ name }) => name);
  t.deepEqual([names('lan'), names('lab')], [['web1'], ['db1']]);
  const logged: unknown[] = [];
  const log = { ...own.services.log, warn: (said: unknown) => void logged.push(said) };
  own.news();
  t.deepEqual(await syncNetworks({ ...own.services, log } as typeof own.services), []);
  t.is(own.news().length, 6, 'both networks on three hosts');
  t.deepEqual(logged, [{ network: 'lab', guests: ['db2'] }]);
});

test('what a person has decided on a guest since stands, whatever befalls it later', async (t) => {
  const own = await twoGuests(t);
  const flowState = { guest: 'web1', source: 'a1', destination: 'b1', handed: true };
  migration(own.store, 'failed', { state: 'attention', flowState });
  const start = { name: 'guest-start-1', id: 'guest-start-1', kind: 'guest.start' } as const;
  migration(own.store, 'done', { ...start, state: 'failed', flowState: { guest: 'web1' } });
  own.store.guests.update('web1', { state: 'attention' });
  t.is(placeOf(own, 'b1'), 'guarded, at 2', 'what failed decides nothing');
  own.store.operations.update('guest-start-1', { state: 'done' });
  t.is(placeOf(own, 'b1'), 'not guarded, at 1');
});

test('migrations are read without all that was ever done', async (t) => {
  const { store } = await twoGuests(t);
  migration(store, 'running');
  for (let i = 0; i < 3; i++) {
    const old = { name: `old-${i}`, id: `old-${i}`, subject: 'guest/web1', state: 'done' } as const;
    migration(store, 'done', old);
  }
  const read: string[] = [];
  const operations = {
    ...store.operations,
    list: () => t.fail('all of them'),
    where(match: Parameters<typeof store.operations.where>[0]) {
      const found = store.operations.where(match);
      read.push(...found.map(({ id }) => id));
      return found;
    },
  };
  const journeys = journeysOf({ ...store, operations } as unknown as typeof store);
  t.deepEqual(journeys.get('web1'), { destination: 'b1', handed: false });
  t.deepEqual(read, ['guest-migrate-running']);
});

test('published ports are on the hosts that were chosen', async (t) => {
  const { config, store } = await twoGuests(t);
  store.guests.update('web1', {
    published: [
      { protocol: 'tcp', port: 8080, toPort: 80, hosts: null },
      { protocol: 'udp', port: 53, toPort: 5353, hosts: ['b1'] },
    ],
  });
  const everywhere = { protocol: 'tcp', port: 8080, toPort: 80, address: '10.77.0.11' } as const;
  t.deepEqual(config('c1', 'lan').publishes, [everywhere]);
  t.deepEqual(config('b1', 'lan').publishes, [
    everywhere,
    { protocol: 'udp', port: 53, toPort: 5353, address: '10.77.0.11' },
  ]);
  t.deepEqual(config('b1', 'lab').publishes, []);
});

test('forwarding is turned on every ready host at once, whoever fails', async (t) => {
  const { services, store, told, away, news } = await twoGuests(t);
  news();
  away.add('a1');
  const guest = store.guests.get('web1');
  t.is(typeof (await flipForwarding(services, guest, 'b1')), 'number');
  t.deepEqual(
    told.map(({ host, params }) => [host, params]),
    [
      ['b1', { name: 'lan', moves: [{ mac: '52:54:00:00:00:01', at: '10.254.0.2' }] }],
      ['c1', { name: 'lan', moves: [{ mac: '52:54:00:00:00:01', at: '10.254.0.2' }] }],
    ],
  );
});

test('a host that never answers holds the turn up no longer than the limit', async (t) => {
  const { services, store, silent, news } = await twoGuests(t);
  news();
  silent.add('c1');
  const guest = store.guests.get('web1');
  t.is(typeof (await flipForwarding(services, guest, 'b1', 50)), 'number');
  t.deepEqual(news(), ['a1 network.forward lan', 'b1 network.forward lan']);
  for (const host of ['a1', 'b1']) silent.add(host);
  t.is(await flipForwarding(services, guest, 'b1', 50), null, 'nobody took it');
});

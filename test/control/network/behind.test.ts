import test from 'ava';
import { noteBehind } from '../../../src/control/network/behind.ts';
import { catchUp } from '../../../src/control/network/catch-up.ts';
import { flipForwarding } from '../../../src/control/network/forward.ts';
import { syncNetwork } from '../../../src/control/network/sync.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import { guestRecord } from '../fleet/rig.ts';
import { rig } from './rig.ts';

/** After the first look at every host. */
async function settled(t: Parameters<typeof rig>[0]) {
  const own = rig(t);
  await own.create('lan', '10.77.0.0/24');
  const look = (host: string, seconds = 0) => catchUp(own.services, host, Date.now() + seconds * 1000);
  for (const host of ['a1', 'b1', 'c1']) await look(host);
  own.news();
  return { ...own, look };
}

test('when control begins every host is told what a control that ended in the middle may not have told it', async (t) => {
  const { create, services, news } = rig(t);
  await create('lan', '10.77.0.0/24');
  news();
  await catchUp(services, 'b1');
  t.deepEqual(news(), ['b1 network.apply lan']);
  await catchUp(services, 'b1');
  t.deepEqual(news(), [], 'once');
});

/** b1 fails at every call, in this way; the seconds at which it is tried when it is looked at every ten. */
async function failing(t: Parameters<typeof rig>[0], code: string) {
  const own = await settled(t);
  const { services, look } = own;
  const agents = services.agents;
  let tried = 0;
  const call = async () => {
    tried += 1;
    throw new BlanketError(code, `It says ${code}.`);
  };
  Object.assign(services, { agents: { ...agents, call } });
  noteBehind(own.store, 'b1');
  const at: number[] = [];
  for (let seconds = 0; seconds <= 1800; seconds += 10) {
    const before = tried;
    await look('b1', seconds);
    if (tried > before) at.push(seconds);
  }
  const well = () => void Object.assign(services, { agents });
  return { ...own, at, well };
}

test('what failed on a host is tried again, later and later, and no more when it is done', async (t) => {
  const { at, well, news, look } = await failing(t, 'network.nft-failed');
  t.deepEqual(at, [30, 90, 210, 450, 750, 1050, 1350, 1650]);
  well();
  await look('b1', 3600);
  t.deepEqual(news(), ['b1 network.apply lan']);
  await look('b1', 7200);
  t.deepEqual(news(), []);
});

test('a port that is taken is looked at now and then, and makes the host no slower in anything else', async (t) => {
  const { at, well, news, look } = await failing(t, 'network.port-taken');
  t.deepEqual(at, [30, 330, 630, 930, 1230, 1530]);
  well();
  await look('b1', 3600);
  t.deepEqual(news(), ['b1 network.apply lan']);
  await look('b1', 7200);
  t.deepEqual(news(), []);
});

test('one that comes back is told at once', async (t) => {
  const { store, away, services, news, look } = await settled(t);
  away.add('b1');
  await syncNetwork(services, 'lan');
  news();
  away.clear();
  await look('b1');
  t.deepEqual(news(), [], 'not before its time');
  noteBehind(store, 'b1', Date.now());
  await look('b1');
  t.deepEqual(news(), ['b1 network.apply lan']);
});

test('a host is not told twice at a time, and what it misses meanwhile is not forgotten', async (t) => {
  const { store, services, news, look } = await settled(t);
  const gate = Promise.withResolvers<void>();
  const agents = services.agents;
  const call = async (...args: Parameters<typeof agents.call>) => {
    await gate.promise;
    return agents.call(...args);
  };
  Object.assign(services, { agents: { ...agents, call } });
  noteBehind(store, 'b1', Date.now());
  const first = look('b1');
  noteBehind(store, 'b1', Date.now());
  const second = look('b1');
  gate.resolve();
  await Promise.all([first, second]);
  t.deepEqual(news(), ['b1 network.apply lan']);
  await look('b1');
  t.deepEqual(news(), ['b1 network.apply lan']);
});

test('what a host misses while a try fails is due when it would have been', async (t) => {
  const { store, services, news, look } = await settled(t);
  const agents = services.agents;
  const gate = Promise.withResolvers<void>();
  const call = () => gate.promise.then(() => Promise.reject(new Error('It has too much to do.')));
  Object.assign(services, { agents: { ...agents, call } });
  noteBehind(store, 'b1', Date.now());
  const failing = look('b1');
  noteBehind(store, 'b1', Date.now() + 20_000);
  gate.resolve();
  await failing;
  Object.assign(services, { agents });
  await look('b1', 10);
  t.deepEqual(news(), [], 'not at once, because of what was in hand');
  await look('b1', 25);
  t.deepEqual(news(), ['b1 network.apply lan']);
});

test('a host that could not be told of a handover is told soon', async (t) => {
  const { store, services, away, news, look } = await settled(t);
  const nics = [{ network: 'lan', mac: '52:54:00:00:00:01', address: '10.77.0.10', address6: null }];
  store.guests.insert(guestRecord('web1', 'a1', { nics }));
  away.add('c1');
  await flipForwarding(services, store.guests.get('web1'), 'b1');
  away.clear();
  news();
  for (const host of ['a1', 'b1', 'c1']) await look(host);
  t.deepEqual(news(), ['c1 network.apply lan']);
});

test('a removed network that a host kept is taken from it later', async (t) => {
  const { remove, refuses, news, look } = await settled(t);
  refuses.add('b1 lan');
  await remove('lan');
  refuses.clear();
  news();
  await look('b1', 60);
  t.deepEqual(news(), ['b1 network.remove lan']);
});

test('a host of an earlier control is asked for the networks that it is in, once', async (t) => {
  const { store, services, news } = rig(t);
  store.hosts.update('b1', { subnets: null });
  await catchUp(services, 'b1');
  t.deepEqual(store.hosts.get('b1').subnets, ['10.0.2.15/24']);
  noteBehind(store, 'b1', Date.now());
  await catchUp(services, 'b1');
  t.deepEqual(news(), ['b1 facts.read undefined']);
});

for (const phase of ['cutover', 'confirm']) {
  test(`nothing is put on the ends of a migration in its ${phase}`, async (t) => {
    const { store, operations, news, look } = await settled(t);
    const gate = Promise.withResolvers<void>();
    const phases = [
      { name: 'copy', do: async () => undefined },
      { name: phase, do: () => gate.promise },
    ];
    operations.define({ kind: 'guest.migrate', phases, afterRestart: 'resume', undoneState: 'rolled-back' });
    const state = { guest: 'web1', source: 'a1', destination: 'b1' };
    const { id } = operations.start('guest.migrate', 'guest/web1', state);
    while (operations.show(id).phases[1]?.state !== 'running') await operations.wait(id, 0, 10);
    for (const host of ['a1', 'b1', 'c1']) noteBehind(store, host, Date.now());
    for (const host of ['a1', 'b1', 'c1']) await look(host);
    t.deepEqual(news(), ['c1 network.apply lan']);
    gate.resolve();
    while (operations.show(id).state === 'running') await operations.wait(id, 0, 10);
    for (const host of ['a1', 'b1', 'c1']) await look(host);
    t.deepEqual(news(), ['a1 network.apply lan', 'b1 network.apply lan']);
  });
}

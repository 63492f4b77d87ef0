import test from 'ava';
import type { Agents } from '../../../src/control/agents/agents.ts';
import { cutover } from '../../../src/control/migrate/cutover.ts';
import type { MigrateState } from '../../../src/control/migrate/state.ts';
import { configFor, viewOf } from '../../../src/control/network/config.ts';
import type { Phase } from '../../../src/control/run-phases.ts';
import type { AgentResult } from '../../../src/wire/agent.ts';
import { defaultObjective } from '../../../src/wire/objective.ts';
import { guestRecord } from '../fleet/rig.ts';
import { rig } from '../network/rig.ts';

type Finished = AgentResult<'migrate.finish'>;
type Options = { onProgress?: (value: unknown) => void };

const nics = [{ network: 'lan', mac: '52:54:00:00:00:01', address: '10.77.0.10', address6: null }];
const copied = { performed: { cookie: '', stats: {}, at: 0 } } as unknown as MigrateState;
const runs = { running: true, cookie: '' };
const doesNot = { running: false, cookie: '', reason: 'No memory.' };

/** web1 goes from a1 to b1; `finish` answers for b1, and may say `running()` before. */
async function handover(
  t: Parameters<typeof rig>[0],
  finish: (running: () => void) => Promise<Finished> | Finished,
  known: Partial<MigrateState> = {},
) {
  const own = rig(t);
  await own.create('lan', '10.77.0.0/24');
  own.store.guests.insert(guestRecord('web1', 'a1', { nics }));
  const plain = own.services.agents;
  const call = async (host: string, method: string, params: unknown, options: Options = {}) =>
    method === 'migrate.finish'
      ? finish(() => options.onProgress?.({ running: true }))
      : plain.call(host, method as never, params as never);
  Object.assign(own.services, { agents: { ...plain, call } as unknown as Agents });
  const phases = [cutover(own.services) as unknown as Phase<Record<string, unknown>>];
  own.operations.define({
    kind: 'guest.migrate',
    phases,
    afterRestart: 'resume',
    undoneState: 'rolled-back',
  });
  own.news();
  const state = {
    ...copied,
    guest: 'web1',
    source: 'a1',
    destination: 'b1',
    objective: defaultObjective,
    ...known,
  };
  const start = () => own.operations.start('guest.migrate', 'guest/web1', state).id;
  const ended = async (id: string) => {
    let operation = own.operations.show(id);
    while (operation.state === 'running') operation = await own.operations.wait(id, operation.version, 5_000);
    return operation;
  };
  /** Where c1 would be told to send web1's frames, by the last number of an address in the tunnel. */
  const at = () => {
    const { store } = own;
    const config = configFor(store.networks.get('lan'), store.hosts.get('c1'), viewOf(store));
    return Number(config.cards[0]?.at.split('.').at(-1));
  };
  /** Who was told by the handover to send frames where. */
  const flips = () =>
    own.told
      .filter(({ method }) => method === 'network.forward')
      .map(({ host, params }) => `${host} ${(params.moves as { at: string }[])[0]?.at.split('.').at(-1)}`)
      .sort();
  return { ...own, start, ended, at, flips };
}

test('whoever is told of the network while the guest runs already and finish has not returned sends frames to the destination', async (t) => {
  const gate = Promise.withResolvers<void>();
  const own = await handover(t, async (running) => {
    running();
    await gate.promise;
    return runs;
  });
  const id = own.start();
  while (own.flips().length < 3) await new Promise((resolve) => setImmediate(resolve));
  t.is(own.store.guests.get('web1').host, 'a1');
  t.is(own.at(), 2);
  gate.resolve();
  t.is((await own.ended(id)).state, 'done');
  t.is(own.at(), 2);
  t.deepEqual(own.flips(), ['a1 2', 'b1 2', 'c1 2'], 'once');
});

test('a guest that said it runs and does not is sent its frames at the source again', async (t) => {
  const own = await handover(t, (running) => {
    running();
    return doesNot;
  });
  t.is((await own.ended(own.start())).problem?.code, 'migrate.finish-failed');
  t.is(own.at(), 1);
  t.deepEqual(own.flips(), ['a1 1', 'a1 2', 'b1 1', 'b1 2', 'c1 1', 'c1 2']);
});

test('also when control ended between the two', async (t) => {
  const own = await handover(t, () => doesNot, { handed: true });
  const id = own.start();
  t.is((await own.ended(id)).problem?.code, 'migrate.finish-failed');
  t.is(own.store.operations.get(id).flowState.handed, false);
  t.deepEqual(own.flips(), ['a1 1', 'b1 1', 'c1 1']);
});

test('a guest that never ran there moves no frames', async (t) => {
  const own = await handover(t, () => doesNot);
  const id = own.start();
  await own.ended(id);
  t.deepEqual(own.flips(), []);
  t.is(own.at(), 1);
});

test('both ends are told of the handover whatever control thinks of them', async (t) => {
  const own = await handover(t, (running) => {
    running();
    return runs;
  });
  for (const host of ['a1', 'b1', 'c1']) own.store.hosts.update(host, { state: 'unreachable' });
  t.is((await own.ended(own.start())).state, 'done');
  t.deepEqual(own.flips(), ['a1 2', 'b1 2']);
});

test('a network that cannot follow does not fail the handover', async (t) => {
  const own = await handover(t, (running) => {
    running();
    return runs;
  });
  for (const host of ['a1', 'b1', 'c1']) own.away.add(host);
  const operation = await own.ended(own.start());
  t.is(operation.state, 'done');
  t.is(own.store.guests.get('web1').host, 'b1');
});

test('a journal that cannot be written just then does not keep the frames from following', async (t) => {
  const own = await handover(t, (running) => {
    running();
    return runs;
  });
  const update = own.store.operations.update;
  let full = true;
  own.store.operations.update = (name, change) => {
    if (full && change.flowState?.handed === true) {
      full = false;
      throw new Error('The disk is full.');
    }
    return update(name, change);
  };
  t.is((await own.ended(own.start())).state, 'done');
  t.false(full);
  t.deepEqual(own.flips(), ['a1 2', 'b1 2', 'c1 2']);
});

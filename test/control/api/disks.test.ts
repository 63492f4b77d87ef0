import test, { type ExecutionContext } from 'ava';
import { diskHandlers } from '../../../src/control/api/disk-handlers.ts';
import { diskFlow } from '../../../src/control/guest/disk-flow.ts';
import { travellingSpec } from '../../../src/control/migrate/held-disks.ts';
import type { MigrateState } from '../../../src/control/migrate/state.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import { ended, rig as fleetRig, guestRecord } from '../fleet/rig.ts';

const gibi = 2 ** 30;
const data = { name: 'data', bytes: gibi, target: 'vdb' as const };

/** Guests `down` (stopped) and `up` on a1, each with one disk beside its root disk; agents answer as `answer` says. */
function rig(t: ExecutionContext, answer: (method: string) => unknown = () => ({})) {
  const own = fleetRig(t, {});
  const told: unknown[] = [];
  const agents = {
    call: async (host: string, method: string, params: unknown) => {
      told.push([host, method, params]);
      return answer(method);
    },
  };
  Object.assign(own.services, { agents });
  own.services.operations.define(diskFlow(own.services));
  own.store.guests.insert(guestRecord('down', 'a1', { state: 'stopped', diskBytes: gibi, disks: [data] }));
  own.store.guests.insert(guestRecord('up', 'a1', { diskBytes: gibi, disks: [data] }));
  const handlers = diskHandlers(own.services);
  const at = (name: string, disk = '') => ({ params: { name, disk }, query: {} });
  return {
    ...own,
    told,
    add: async (guest: string, name: string) =>
      handlers['disk.add']({ ...at(guest), body: { name, bytes: gibi } }),
    remove: async (guest: string, disk: string) => handlers['disk.remove']({ ...at(guest, disk), body: {} }),
    grow: async (guest: string, disk: string, bytes: number) =>
      handlers['disk.grow']({ ...at(guest, disk), body: { bytes } }),
  };
}

test('the agent is told all disks that there shall be, and then the store has them', async (t) => {
  const own = rig(t);
  t.is((await ended(own, await own.add('down', 'wal'))).state, 'done');
  const disks = [data, { name: 'wal', bytes: gibi, target: 'vdc' }];
  t.deepEqual(own.told, [['a1', 'disk.set', { name: 'down', diskBytes: gibi, disks }]]);
  t.deepEqual(own.store.guests.get('down').disks, disks as never);
  await ended(own, await own.remove('down', 'data'));
  t.deepEqual(
    own.store.guests.get('down').disks.map(({ name }) => name),
    ['wal'],
  );
});

test('a running guest’s disk grows; others neither come nor go', async (t) => {
  const own = rig(t);
  await t.throwsAsync(own.add('up', 'wal'), { code: 'guest.not-stopped' });
  await t.throwsAsync(own.remove('up', 'data'), { code: 'guest.not-stopped' });
  t.is((await ended(own, await own.grow('up', 'data', 2 * gibi))).state, 'done');
  t.is((await ended(own, await own.grow('up', 'root', 3 * gibi))).state, 'done');
  t.like(own.store.guests.get('up'), { diskBytes: 3 * gibi, disks: [{ ...data, bytes: 2 * gibi }] });
});

test('while the guest migrates no disk grows', async (t) => {
  const own = rig(t);
  const copying = Promise.withResolvers<void>();
  own.operations.define({
    ...{ kind: 'guest.migrate', afterRestart: 'undo', undoneState: 'failed' },
    phases: [{ name: 'copy', do: () => copying.promise }],
  });
  const operation = own.operations.start('guest.migrate', 'guest/up', {});
  await t.throwsAsync(own.grow('up', 'data', 2 * gibi), { code: 'operation.busy' });
  copying.resolve();
  await ended(own, operation);
});

test('what the agent refuses is not what the store says', async (t) => {
  const own = rig(t, () => {
    throw new BlanketError('host.disk-full', 'It is full.');
  });
  const operation = await ended(own, await own.add('down', 'wal'));
  t.is(operation.problem?.code, 'host.disk-full');
  t.deepEqual(own.store.guests.get('down').disks, [data]);
});

const moving = { guest: 'up', source: 'a1', destination: 'b1' } as MigrateState;

test('what travels are the disks that the source has, at their sizes there', async (t) => {
  const held = [
    { name: 'root', target: 'vda', bytes: 5 * gibi, allocated: 0 },
    { name: 'data', target: 'vdb', bytes: 7 * gibi, allocated: 0 },
    { name: 'late', target: 'vdd', bytes: gibi, allocated: 0 },
  ];
  const own = rig(t, () => ({ disks: held }));
  const real = {
    diskBytes: 5 * gibi,
    disks: [
      { name: 'data', target: 'vdb', bytes: 7 * gibi },
      { name: 'late', target: 'vdd', bytes: gibi },
    ],
  };
  t.like(await travellingSpec(own.services, moving), real as never);
  t.like(own.store.guests.get('up'), real as never);
});

test('an agent that does not know of several disks has what the store says', async (t) => {
  const own = rig(t, () => {
    throw new BlanketError('agent.unknown-method', 'No such method.');
  });
  t.deepEqual((await travellingSpec(own.services, moving)).disks, [data]);
  const broken = rig(t, () => {
    throw new BlanketError('disk.gone', 'It is gone.');
  });
  await t.throwsAsync(travellingSpec(broken.services, moving), { code: 'disk.gone' });
});

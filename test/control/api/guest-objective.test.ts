import test from 'ava';
import { migrateHandlers } from '../../../src/control/api/migrate-handlers.ts';
import { guestRecord } from '../fleet/rig.ts';
import { rig } from '../network/rig.ts';

test("a guest's own wishes are kept, changed one by one and taken back", (t) => {
  const own = rig(t);
  own.store.guests.insert(guestRecord('web1', 'a1'));
  const set = migrateHandlers(own.services)['guest.objective'];
  const change = (body: Parameters<typeof set>[0]['body']) =>
    set({ params: { name: 'web1' }, query: {}, body } as Parameters<typeof set>[0]);
  change({ maxDowntimeMs: 100, maxTotalMs: 60_000 });
  change({ onTimeout: 'pause' });
  t.deepEqual(own.store.guests.get('web1').objective, {
    ...{ maxDowntimeMs: 100, maxTotalMs: 60_000, onTimeout: 'pause' },
  });
  t.throws(() => change({ maxTotalMs: null }), { message: /no time after which/ });
  change({ maxTotalMs: null, onTimeout: null });
  t.deepEqual(own.store.guests.get('web1').objective, { maxDowntimeMs: 100 });
});

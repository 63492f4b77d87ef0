import test from 'ava';
import { guestHandlers } from '../../../src/control/api/guest-handlers.ts';
import { startGuestFlow } from '../../../src/control/guest/guest-flows.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import { ended, traveller, twoHosts } from './two-hosts.ts';

const asked = { params: { name: traveller }, query: {}, body: {} };

/** Asks control to start the guest, as `blanket guest start` does. */
async function starting(own: Awaited<ReturnType<typeof twoHosts>>) {
  return guestHandlers(own.services)['guest.start'](asked);
}

test('a guest whose migration needs attention is not started, until it is decided where it runs', async (t) => {
  const own = await twoHosts(t);
  own.operations.define(startGuestFlow(own.services));
  own.hooks.before.set('b1 migrate.finish', () => {
    throw new BlanketError('migrate.strange', 'The destination gives no answer that can be used.');
  });
  const id = own.migrate();
  await ended(own.operations, id);
  own.hooks.before.clear();
  const error = await t.throwsAsync(starting(own), { code: 'guest.undecided', instanceOf: BlanketError });
  t.like(error, { kind: 'conflict', data: { guest: traveller, operation: id } });
  t.regex(error?.next ?? '', new RegExp(`blanket op resume ${id}.*blanket op cleanup ${id}`));
  t.deepEqual(
    own.operations.list().map(({ kind }) => kind),
    ['guest.migrate'],
    'nothing was begun',
  );
  own.operations.resume(id);
  await t.throwsAsync(starting(own), { code: 'operation.busy' });
  t.is((await ended(own.operations, id)).state, 'done');
  t.is((await ended(own.operations, (await starting(own)).id)).state, 'done');
});

test('a guest that needs attention for another reason is started: that ends it', async (t) => {
  const own = await twoHosts(t);
  own.operations.define(startGuestFlow(own.services));
  own.source.states.set(traveller, 'paused');
  own.store.guests.update(traveller, { state: 'attention' });
  t.is((await ended(own.operations, (await starting(own)).id)).state, 'done');
  t.is(own.states().a1, 'running');
  t.is(own.store.guests.get(traveller).state, 'running');
});

/** Finish was sent and its answer is lost: what is true at the destination decides. */
import test from 'ava';
import type { GuestState } from '../../../src/guest-agent/engines/engine.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import type { OperationState } from '../../../src/wire/resources.ts';
import { diskOf } from '../../guest-agent/migrate/pair.ts';
import { ended, traveller, twoHosts } from './two-hosts.ts';

for (const [found, state, at] of [
  ['running', 'done', { a1: 'absent', b1: 'running' }],
  ['stopped', 'done', { a1: 'absent', b1: 'running' }],
  ['absent', 'rolled-back', { a1: 'running', b1: 'absent' }],
] satisfies [GuestState, OperationState, object][]) {
  test(`agent and libvirt are restarted at the destination during finish; the guest is ${found} there: ${state}`, async (t) => {
    const own = await twoHosts(t);
    const { hooks, destination } = own;
    hooks.before.set('b1 migrate.finish', () => {
      hooks.before.clear();
      destination.restart();
      destination.states.set(traveller, found);
      throw new BlanketError('libvirt.lost', 'The connection to libvirt was lost.');
    });
    t.is((await ended(own.operations, own.migrate())).state, state);
    t.deepEqual(own.states(), at);
    t.deepEqual([diskOf(own.source), diskOf(destination)], [at.a1 === 'running', at.b1 === 'running']);
  });
}

test('a destination that a person has removed by force has not got the guest', async (t) => {
  const own = await twoHosts(t);
  own.hooks.before.set('b1 migrate.finish', () => void own.store.hosts.remove('b1'));
  own.hooks.after.set('b1 migrate.finish', () => {
    throw new BlanketError('host.not-found', 'There is no host named b1.');
  });
  own.destination.finishFails = new Error('the machine is gone');
  t.is((await ended(own.operations, own.migrate())).state, 'rolled-back');
  t.is(own.states().a1, 'running');
});

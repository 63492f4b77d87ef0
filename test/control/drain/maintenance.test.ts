import test from 'ava';
import { rig } from './rig.ts';

test('nothing comes to a host in maintenance or starts there, until it is over', async (t) => {
  const own = rig(t);
  own.addGuest('cold', 'a1', 64, { state: 'stopped' });
  own.addGuest('web1', 'b1', 64);
  await own.ended(await own.drain('a1'));
  t.true(own.store.hosts.get('a1').maintenance);
  const refused = await t.throwsAsync(own.migrate('web1', 'a1'), { code: 'host.in-maintenance' });
  t.like(refused, { kind: 'blocked' });
  await t.throwsAsync(own.start('cold'), { code: 'host.in-maintenance' });
  t.false((await own.undrain('a1')).maintenance);
  const migration = await own.migrate('web1', 'a1');
  t.deepEqual(await own.underWay(1), ['web1 a1']);
  own.end('web1');
  await own.ended(migration);
});

test('two drains of one host at once are one too many, and neither does it end in the middle', async (t) => {
  const own = rig(t);
  own.addGuest('web1', 'a1', 64);
  const begun = await own.drain('a1');
  await own.underWay(1);
  await t.throwsAsync(own.drain('a1'), { code: 'operation.busy' });
  await t.throwsAsync(own.undrain('a1'), { code: 'operation.busy' });
  await t.throwsAsync(own.removeHost('a1'), { code: 'host.in-use' });
  own.end('web1');
  await own.ended(begun);
  t.is((await own.ended(await own.drain('a1'))).state, 'done', 'nothing is left to do');
  await own.undrain('a1');
  await t.notThrowsAsync(own.undrain('a1'));
});

test('hosts that are not there, or the drained one, are no destinations', async (t) => {
  const own = rig(t);
  await t.throwsAsync(own.drain('a1', { to: ['z1'] }), { code: 'host.not-found' });
  await t.throwsAsync(own.drain('a1', { to: ['a1'] }), { code: 'drain.same-host' });
  t.false(own.store.hosts.get('a1').maintenance);
});

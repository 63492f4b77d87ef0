/** What goes wrong beside the migration itself: full disks, damaged records, a libvirt that is restarted. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { guestHandlers } from '../../../src/guest-agent/methods/guest.ts';
import { unreadableRecords } from '../../../src/guest-agent/migrate/record.ts';
import { LibvirtConnectionError } from '../../../src/libvirt/errors.ts';
import type { FakeHost } from './fake-engine.ts';
import { call, codeOf, diskOf, id, pair, performed } from './pair.ts';

/** Records can no longer be written, as on a full disk; gives what ends that. */
function fillDisk({ context }: FakeHost): () => void {
  const draft = `${context.paths.migration(id.operation)}.new`;
  mkdirSync(draft);
  return () => rmSync(draft, { recursive: true });
}

const guestCall = (host: FakeHost, method: 'guest.start') =>
  guestHandlers(host.context)[method](
    { name: id.guest },
    { progress: () => undefined, signal: new AbortController().signal },
  );

test('a disk that is full at finish: the guest runs there, its disk stays, and every call tells so', async (t) => {
  const hosts = await pair();
  const { destination } = hosts;
  const { cookie } = await performed(hosts);
  const free = fillDisk(destination);
  const finish = { ...id, cookie, cancelled: false };
  t.true((await call(destination, 'migrate.finish', finish)).running);
  t.true((await call(destination, 'migrate.finish', finish)).running, 'asked again');
  t.true((await call(destination, 'migrate.finish', { ...finish, cancelled: true })).running);
  t.is(await codeOf(t, call(destination, 'migrate.discard', id)), 'migrate.running-here');
  t.true(diskOf(destination));

  destination.restart(); // nothing is left in memory, and the record still says "prepared"
  destination.states.set(id.guest, 'stopped'); // its user has shut it down
  t.is(await codeOf(t, call(destination, 'migrate.discard', id)), 'migrate.running-here');
  t.is(
    await codeOf(t, call(destination, 'migrate.finish', { ...finish, cancelled: true })),
    'migrate.running-here',
  );
  t.true(diskOf(destination));
  free();
  t.is((await call(destination, 'migrate.keep', id)).state, 'running');
  t.like(await call(destination, 'migrate.status', id), { step: 'finished', guest: 'running' });
});

test('a guest that shuts itself down right after finish has come all the same', async (t) => {
  const hosts = await pair();
  const { cookie } = await performed(hosts);
  hosts.destination.afterFinish = 'stopped';
  t.true((await call(hosts.destination, 'migrate.finish', { ...id, cookie, cancelled: false })).running);
  t.true(diskOf(hosts.destination));
});

test('a damaged record holds up its own guest and no other', async (t) => {
  const { source } = await pair();
  const { paths } = source.context;
  mkdirSync(paths.migrations, { recursive: true });
  source.states.set(id.guest, 'stopped');
  const other = { operation: 'op-9', guest: 'another', step: 'from the future' };
  writeFileSync(paths.migration('op-9'), JSON.stringify(other));
  await t.notThrowsAsync(guestCall(source, 'guest.start'));
  source.states.set(id.guest, 'stopped');
  writeFileSync(paths.migration('op-9'), JSON.stringify({ ...other, guest: id.guest }));
  t.is(await codeOf(t, guestCall(source, 'guest.start')), 'migrate.unreadable');
  t.is(source.states.get(id.guest), 'stopped');
});

test('a record of nobody knows whom: a guest that is paused is not woken, and the host says why', async (t) => {
  const { source } = await pair();
  const { paths } = source.context;
  mkdirSync(paths.migrations, { recursive: true });
  writeFileSync(paths.migration('op-9'), '{"guest": "tra');
  source.states.set(id.guest, 'paused');
  t.is(await codeOf(t, guestCall(source, 'guest.start')), 'migrate.unreadable');
  source.states.set(id.guest, 'stopped');
  await t.notThrowsAsync(guestCall(source, 'guest.start'));
  const [warning] = await unreadableRecords(source.context);
  t.regex(warning?.message ?? '', /op-9\.json/);
});

test('libvirt is restarted at the source during confirm: asked again, what stood still there is removed', async (t) => {
  const hosts = await pair();
  const { cookie } = await performed(hosts);
  await call(hosts.destination, 'migrate.finish', { ...id, cookie, cancelled: false });
  hosts.source.confirmFails = new LibvirtConnectionError('closed', 'libvirtd was restarted.');
  const confirm = { ...id, cookie, cancelled: false };
  await t.throwsAsync(call(hosts.source, 'migrate.confirm', confirm), { instanceOf: LibvirtConnectionError });
  t.true(diskOf(hosts.source));
  hosts.source.restart();
  t.is((await call(hosts.source, 'migrate.confirm', confirm)).state, 'absent');
  t.false(diskOf(hosts.source));
  t.like(await call(hosts.source, 'migrate.status', id), { step: 'confirmed' });
});

test('libvirt is restarted at the source during the way back: the guest goes on all the same', async (t) => {
  const hosts = await pair();
  await performed(hosts);
  hosts.source.confirmFails = new LibvirtConnectionError('closed', 'libvirtd was restarted.');
  t.is((await call(hosts.source, 'migrate.keep', { ...id, decided: true })).state, 'running');
  t.is(await codeOf(t, call(hosts.source, 'migrate.discard', id)), 'migrate.running-here');
});

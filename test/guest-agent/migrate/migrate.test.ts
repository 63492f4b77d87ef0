import { existsSync, mkdirSync } from 'node:fs';
import test from 'ava';
import { BlanketError } from '../../../src/wire/errors.ts';
import { call, codeOf, copying, diskOf, id, pair, performed, prepared } from './pair.ts';

test('the whole way: the guest and its disk are at the destination and nowhere else', async (t) => {
  const hosts = await pair();
  const { cookie } = await performed(hosts);
  const end = await call(hosts.destination, 'migrate.finish', { ...id, cookie, cancelled: false });
  t.true(end.running);
  t.is(end.stats?.memoryDone, 10);
  const after = await call(hosts.source, 'migrate.confirm', { ...id, cookie: end.cookie, cancelled: false });
  t.is(after.state, 'absent');
  t.deepEqual([diskOf(hosts.source), diskOf(hosts.destination)], [false, true]);
  t.like(await call(hosts.source, 'migrate.status', id), { step: 'confirmed', busy: false, guest: 'absent' });
  t.like(await call(hosts.destination, 'migrate.status', id), { step: 'finished', guest: 'running' });
  t.is((await call(hosts.destination, 'migrate.keep', id)).state, 'running');
  await call(hosts.source, 'migrate.discard', id);
  t.is(await codeOf(t, call(hosts.destination, 'migrate.discard', id)), 'migrate.running-here');
});

test('each call asked twice is done once', async (t) => {
  const hosts = await pair();
  const wish = await prepared(hosts);
  t.deepEqual(await prepared(hosts), wish);
  const first = await performed(hosts);
  t.deepEqual(await call(hosts.source, 'migrate.perform', { ...id, ...wish }), first);
  const finish = { ...id, cookie: first.cookie, cancelled: false };
  const end = await call(hosts.destination, 'migrate.finish', finish);
  t.deepEqual(await call(hosts.destination, 'migrate.finish', finish), end);
  const confirm = { ...id, cookie: end.cookie, cancelled: false };
  await call(hosts.source, 'migrate.confirm', confirm);
  t.is((await call(hosts.source, 'migrate.confirm', confirm)).state, 'absent');
  t.deepEqual(hosts.source.calls, ['begin', 'perform', 'confirm false']);
  t.deepEqual(hosts.destination.calls, ['prepare', 'finish false']);
});

test('a copy that is asked for again while it runs is joined', async (t) => {
  const hosts = await pair();
  const { wish, copy } = await copying(hosts);
  const joined = call(hosts.source, 'migrate.perform', { ...id, ...wish });
  hosts.source.copy?.end();
  t.deepEqual(await joined, await copy);
});

test('cancel ends the copy; the guest runs on, and the half-made one is discarded', async (t) => {
  const hosts = await pair();
  const { copy } = await copying(hosts);
  t.true((await call(hosts.source, 'migrate.status', id)).busy);
  await call(hosts.source, 'migrate.cancel', id);
  t.is(await codeOf(t, copy), 'migrate.cancelled');
  t.is((await call(hosts.destination, 'migrate.status', id)).guest, 'incoming');
  await call(hosts.destination, 'migrate.discard', id);
  t.is((await call(hosts.source, 'migrate.keep', id)).state, 'running');
  t.deepEqual([diskOf(hosts.source), diskOf(hosts.destination)], [true, false]);
});

test('one migration at a time', async (t) => {
  const hosts = await pair();
  await prepared(hosts);
  const other = { ...id, operation: 'op-2' };
  t.is(await codeOf(t, call(hosts.source, 'migrate.begin', other)), 'migrate.busy');
  await call(hosts.destination, 'migrate.discard', id);
  await call(hosts.source, 'migrate.keep', id);
  await t.notThrowsAsync(call(hosts.source, 'migrate.begin', other));
});

test('a guest that the destination has already is left alone', async (t) => {
  const hosts = await pair();
  hosts.destination.states.set(id.guest, 'stopped');
  mkdirSync(hosts.destination.context.paths.diskFolder(id.guest), { recursive: true });
  t.is(await codeOf(t, prepared(hosts)), 'guest.exists');
  t.true(existsSync(hosts.destination.context.paths.diskFolder(id.guest)));
});

test('an image that the destination lacks: nothing stays behind', async (t) => {
  const hosts = await pair();
  hosts.spec.image = `sha256:${'b'.repeat(64)}`;
  t.is(await codeOf(t, prepared(hosts)), 'image.missing');
  t.false(existsSync(hosts.destination.context.paths.diskFolder(id.guest)));
  t.like(await call(hosts.destination, 'migrate.status', id), { step: 'none', guest: 'absent' });
});

test('the source’s agent restarts after everything was sent: either way out works', async (t) => {
  const forward = await pair();
  const { cookie } = await performed(forward);
  forward.source.restart();
  t.like(await call(forward.source, 'migrate.status', id), {
    step: 'performed',
    guest: 'paused',
    busy: false,
  });
  await call(forward.destination, 'migrate.finish', { ...id, cookie, cancelled: false });
  t.is((await call(forward.source, 'migrate.confirm', { ...id, cookie, cancelled: false })).state, 'absent');
  t.false(diskOf(forward.source));

  const back = await pair();
  await performed(back);
  back.source.restart();
  t.is(await codeOf(t, call(back.source, 'migrate.keep', { ...id, decided: false })), 'migrate.undecided');
  t.is(back.source.states.get(id.guest), 'paused');
  t.is((await call(back.source, 'migrate.keep', { ...id, decided: true })).state, 'running');
  t.is(await codeOf(t, call(back.source, 'migrate.discard', id)), 'migrate.running-here');
});

test('the destination’s agent restarts before finish: finish says so, and the source goes on', async (t) => {
  const hosts = await pair();
  const { cookie } = await performed(hosts);
  hosts.destination.restart();
  hosts.destination.states.set(id.guest, 'absent'); // libvirt kills what waited
  const finish = call(hosts.destination, 'migrate.finish', { ...id, cookie, cancelled: false });
  t.is(await codeOf(t, finish), 'migrate.interrupted');
  await call(hosts.destination, 'migrate.discard', id);
  t.is((await call(hosts.source, 'migrate.keep', { ...id, decided: true })).state, 'running');
  t.deepEqual(hosts.source.calls.at(-1), 'confirm true');
  t.false(diskOf(hosts.destination));
});

test('a finish that libvirt refuses tells why, and nothing stays at the destination', async (t) => {
  const hosts = await pair();
  const { cookie } = await performed(hosts);
  hosts.destination.finishFails = new Error('no room for its memory');
  const end = await call(hosts.destination, 'migrate.finish', { ...id, cookie, cancelled: false });
  t.like(end, { running: false, reason: 'no room for its memory' });
  t.false(diskOf(hosts.destination));
  t.is(
    (await call(hosts.source, 'migrate.confirm', { ...id, cookie: '', cancelled: true })).state,
    'running',
  );
});

test('an operation that never came here changes nothing', async (t) => {
  const { source, destination } = await pair();
  await t.notThrowsAsync(call(destination, 'migrate.discard', id));
  t.is(await codeOf(t, call(source, 'migrate.discard', id)), 'migrate.unknown');
  source.states.set(id.guest, 'stopped');
  t.is((await call(source, 'migrate.keep', id)).state, 'stopped');
  await t.notThrowsAsync(call(source, 'migrate.cancel', id));
  t.is(await codeOf(t, call(source, 'migrate.begin', { ...id, operation: 'op-2' })), 'guest.not-running');
});

test('a begin or prepare that comes when its migration has been undone is refused', async (t) => {
  const { source, destination, spec } = await pair();
  await call(destination, 'migrate.discard', id);
  await call(source, 'migrate.keep', id);
  t.is(await codeOf(t, call(source, 'migrate.begin', id)), 'migrate.over');
  const wish = { ...id, spec, xml: '<domain/>', cookie: '', listenAddress: '10.90.0.2' };
  t.is(await codeOf(t, call(destination, 'migrate.prepare', wish)), 'migrate.over');
  t.deepEqual([...source.calls, ...destination.calls], []);
});

for (const operation of ['../x', '', 'a/b', '.hidden']) {
  test(`an operation named ${JSON.stringify(operation)} is refused`, async (t) => {
    const { source } = await pair();
    t.is(await codeOf(t, call(source, 'migrate.begin', { ...id, operation })), 'agent.bad-params');
  });
}

for (const [what, saysRunning, told] of [
  ['is passed on at once', true, [{ running: true }]],
  ['that never comes is not made up', false, []],
] as const) {
  test(`the hypervisor's word that the guest goes on ${what}`, async (t) => {
    const hosts = await pair();
    hosts.destination.saysRunning = saysRunning;
    const { cookie } = await performed(hosts);
    const heard: unknown[] = [];
    const wish = { ...id, cookie, cancelled: false };
    const { running } = await call(hosts.destination, 'migrate.finish', wish, (value) => heard.push(value));
    t.true(running);
    t.deepEqual(heard, told);
  });
}

test('a copy that failed fails alike when it is asked for again', async (t) => {
  const hosts = await pair();
  const { wish, copy } = await copying(hosts);
  hosts.source.copy?.fail(new Error('no way there'));
  const first = await t.throwsAsync(copy, { instanceOf: BlanketError });
  t.is(first?.code, 'migrate.perform-failed');
  hosts.source.restart();
  const again = await t.throwsAsync(call(hosts.source, 'migrate.perform', { ...id, ...wish }));
  t.deepEqual([again?.message, (again as BlanketError).code], [first?.message, first?.code]);
});

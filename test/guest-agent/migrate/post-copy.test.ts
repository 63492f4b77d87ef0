/** The switch to post-copy at the source, and the arrival at the destination: nothing goes back, and nothing is removed. */
import test, { type ExecutionContext } from 'ava';
import { readRecord } from '../../../src/guest-agent/migrate/record.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import type { PostCopyState } from '../../../src/wire/migration.ts';
import { call, codeOf, diskOf, id, type Pair, pair, prepared } from './pair.ts';

const way = { suspended: false, autoConverge: false, connections: 1, postcopy: true };

/** A copy whose time is over with its first look. */
async function late(hosts: Pair) {
  const wish = await prepared(hosts);
  const limits = { way, maxTotalMs: 1, onTimeout: 'postcopy' as const };
  const copy = call(hosts.source, 'migrate.perform', { ...id, ...wish, ...limits });
  copy.catch(() => undefined);
  return { wish: { ...wish, ...limits }, copy };
}

async function switched() {
  const hosts = await pair();
  const { wish, copy } = await late(hosts);
  return { ...hosts, wish, sent: await copy };
}

const stepAt = async ({ context }: Pair['source']) => (await readRecord(context, id))?.step;

test('that it may begin is on the disk before the hypervisor is told', async (t) => {
  const hosts = await pair();
  let before: string | undefined;
  const { promise: read, resolve } = Promise.withResolvers<void>();
  hosts.source.onPostCopy = () => {
    void stepAt(hosts.source).then((step) => {
      before = step;
      hosts.source.postCopy = 'active';
      hosts.source.copy?.end();
      resolve();
    });
  };
  const { copy } = await late(hosts);
  t.true((await copy).postcopy);
  await read;
  t.is(before, 'switched');
  t.like(await call(hosts.source, 'migrate.status', id), { step: 'switched', switched: true });
});

for (const [state, postCopy] of [
  ['paused', 'active'],
  ['paused', 'failed'],
  ['stopped', 'none'],
  ['absent', 'none'],
] satisfies ['paused' | 'stopped' | 'absent', PostCopyState][]) {
  test(`the source is never woken after it: ${state}, ${postCopy}`, async (t) => {
    const { source } = await switched();
    source.states.set(id.guest, state);
    source.postCopy = postCopy;
    for (const again of [false, true]) {
      if (again) source.restart();
      t.is(await codeOf(t, call(source, 'migrate.keep', { ...id, decided: true })), 'migrate.switched');
      const back = { ...id, cookie: '', cancelled: true };
      t.is(await codeOf(t, call(source, 'migrate.confirm', back)), 'migrate.switched');
      await call(source, 'migrate.cancel', id);
      t.is(source.states.get(id.guest), state);
    }
    t.deepEqual(source.calls, ['begin', 'perform', 'postcopy']);
  });
}

test('one that had ended its copy in the ordinary way just then goes back as ever', async (t) => {
  const hosts = await pair();
  hosts.source.onPostCopy = () => hosts.source.copy?.end();
  const { copy } = await late(hosts);
  t.false((await copy).postcopy);
  t.like(await call(hosts.source, 'migrate.status', id), { step: 'performed', switched: false });
  t.is((await call(hosts.source, 'migrate.keep', { ...id, decided: true })).state, 'running');
});

test('a copy that fails before the hypervisor has switched leaves the guest running here', async (t) => {
  const hosts = await pair();
  hosts.source.onPostCopy = () => hosts.source.copy?.fail(new Error('no way'));
  const { copy } = await late(hosts);
  t.is(await codeOf(t, copy), 'migrate.perform-failed');
  t.like(await call(hosts.source, 'migrate.status', id), {
    step: 'begun',
    guest: 'running',
    switched: false,
  });
});

test('a copy that fails after it is for the destination to tell; asked again by a new agent, too', async (t) => {
  const hosts = await pair();
  hosts.source.onPostCopy = () => {
    hosts.source.states.set(id.guest, 'paused');
    hosts.source.postCopy = 'failed';
    hosts.source.copy?.fail(new Error('no way'));
  };
  const { copy, wish } = await late(hosts);
  t.like(await copy, { postcopy: true, cookie: '' });
  hosts.source.restart();
  t.like(await call(hosts.source, 'migrate.perform', { ...id, ...wish }), { postcopy: true, cookie: '' });
});

test('a cancel that comes before it stops the copy instead', async (t) => {
  const hosts = await pair();
  const { copy } = await late(hosts);
  await call(hosts.source, 'migrate.cancel', id);
  t.is(await codeOf(t, copy), 'migrate.cancelled');
  t.false(hosts.source.calls.includes('postcopy'));
  t.is(hosts.source.states.get(id.guest), 'running');
});

const finish = ({ destination }: Pair) =>
  call(destination, 'migrate.finish', { ...id, cookie: '', cancelled: false, postcopy: true });

async function nothingRemoved(t: ExecutionContext, { destination }: Pair): Promise<void> {
  t.true(diskOf(destination));
  const refused = ['migrate.switched', 'migrate.running-here'];
  t.true(refused.includes((await codeOf(t, call(destination, 'migrate.discard', id))) ?? ''));
  const back = { ...id, cookie: '', cancelled: true };
  t.is(await codeOf(t, call(destination, 'migrate.finish', back)), 'migrate.switched');
}

test('the whole way: all memory comes, the source lets go', async (t) => {
  const hosts = await switched();
  t.true((await finish(hosts)).running);
  const after = { ...id, cookie: '', cancelled: false };
  t.is((await call(hosts.source, 'migrate.confirm', after)).state, 'absent');
  t.deepEqual([diskOf(hosts.source), diskOf(hosts.destination)], [false, true]);
  t.is(await stepAt(hosts.source), 'confirmed');
});

test('a way that breaks keeps both halves, and is taken up again', async (t) => {
  const hosts = await switched();
  const { source, destination } = hosts;
  destination.finishFails = new Error('the way is gone');
  destination.onFinishFails = () => {
    destination.states.set(id.guest, 'running');
    destination.postCopy = 'failed';
  };
  t.is(await codeOf(t, finish(hosts)), 'migrate.postcopy-failed');
  await nothingRemoved(t, hosts);
  source.onBreak = () => {
    source.postCopy = 'none'; // it had just ended
  };
  t.is(await codeOf(t, call(source, 'migrate.recover-begin', { ...id, way })), 'migrate.not-broken');
  source.postCopy = 'active';
  source.onBreak = () => {
    source.postCopy = 'failed'; // it had not noticed
  };
  const begun = await call(source, 'migrate.recover-begin', { ...id, way });
  const there = { ...id, ...begun, way, listenAddress: '10.90.0.2' };
  const ready = await call(destination, 'migrate.recover-prepare', there);
  source.copy = undefined;
  const sending = call(source, 'migrate.recover-perform', { ...id, ...ready, xml: begun.xml });
  while (source.copy === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
  (source.copy as { end(): void }).end();
  destination.finishFails = undefined;
  destination.postCopy = 'none';
  t.true((await call(destination, 'migrate.recover-finish', { ...id, ...(await sending) })).running);
  t.is(await stepAt(destination), 'finished');
});

test('a guest that ended at the destination is started there from its disk, and nowhere else', async (t) => {
  const hosts = await switched();
  hosts.destination.finishFails = new Error('killed');
  t.is(await codeOf(t, finish(hosts)), 'migrate.postcopy-lost');
  await nothingRemoved(t, hosts);
  t.is((await call(hosts.destination, 'migrate.keep', id)).state, 'running');
  t.is(hosts.source.states.get(id.guest), 'paused');
});

test('an agent that was restarted meanwhile tells what is true, and does nothing', async (t) => {
  const hosts = await switched();
  hosts.destination.restart();
  for (const [state, postCopy, code] of [
    ['running', 'active', 'migrate.postcopy-active'],
    ['paused', 'failed', 'migrate.postcopy-failed'],
    ['paused', 'none', 'migrate.interrupted'],
    ['stopped', 'none', 'migrate.postcopy-lost'],
  ] as const) {
    hosts.destination.states.set(id.guest, state);
    hosts.destination.postCopy = postCopy;
    const error = await t.throwsAsync(finish(hosts), { instanceOf: BlanketError });
    t.is(error?.code, code);
  }
  hosts.destination.states.set(id.guest, 'running');
  hosts.destination.postCopy = 'none';
  t.true((await finish(hosts)).running);
  t.deepEqual(hosts.destination.calls, ['prepare']);
});

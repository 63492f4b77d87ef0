/** The WAN's process, with sockets in the place of QEMU's. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import {
  attachPort,
  detachPort,
  ensureWan,
  findLink,
  forgetLinksOf,
  listLinks,
  readWan,
  setLink,
} from '../../../infra/wan/wan-client.ts';
import { linksFile, socketDirectory, type WanPaths } from '../../../infra/wan/wan-paths.ts';
import { broadcast, FakeNic, frame, numberOf } from './frames.ts';

const open = { latencyMs: 0, bandwidthBps: 1e9, loss: 0 };

async function makePaths(t: ExecutionContext, ...deeper: string[]): Promise<WanPaths> {
  const root = await mkdtemp(join(tmpdir(), 'wan-'));
  const paths = { state: join(root, ...deeper) };
  t.teardown(async () => {
    const state = await readWan(paths);
    for (const { name } of state?.ports ?? []) await detachPort(paths, name);
    if (state !== undefined && state.ports.length === 0) process.kill(state.pid);
    await rm(root, { recursive: true, force: true });
  });
  return paths;
}

async function plug(t: ExecutionContext, paths: WanPaths, cloud: string, name: string): Promise<FakeNic> {
  const socket = join(await socketDirectory(paths), `${name}.net`);
  const nic = new FakeNic(socket);
  t.teardown(() => nic.close());
  await attachPort(paths, { port: `${cloud}/${name}`, cloud, socket });
  await nic.until(() => nic.connected);
  return nic;
}

async function untilGone(paths: WanPaths): Promise<void> {
  while ((await readWan(paths)) !== undefined) await sleep(20);
}

test('frames cross in order, never before the latency, at most at the bandwidth', async (t) => {
  const paths = await makePaths(t);
  await setLink(paths, 'one', 'two', { latencyMs: 40, bandwidthBps: 500_000, loss: 0 });
  const [a, b] = await Promise.all([plug(t, paths, 'one', 'a'), plug(t, paths, 'two', 'b')]);
  const sentAt = performance.now();
  a.send(...Array.from({ length: 100 }, (_, n) => frame(broadcast, 0x10, n, 1_000)));
  await b.until(() => b.received.length === 100);
  t.deepEqual(
    b.received.map((got) => numberOf(got.frame)),
    Array.from({ length: 100 }, (_, n) => n),
  );
  t.true((b.received[0]?.at ?? 0) - sentAt >= 40);
  t.true((b.received[99]?.at ?? 0) - sentAt >= 40 + 200, '100,000 bytes at 500,000 a second');
});

test('within a cloud frames are not held back', async (t) => {
  const paths = await makePaths(t);
  const [a, b] = await Promise.all([plug(t, paths, 'one', 'a'), plug(t, paths, 'one', 'b')]);
  a.send(...Array.from({ length: 500 }, (_, n) => frame(broadcast, 0x10, n, 1_500)));
  await b.until(() => b.received.length === 500);
  t.deepEqual((await readWan(paths))?.directions, []);
});

test('a stream that lost its framing is closed and dialled again; the others do not notice', async (t) => {
  const paths = await makePaths(t);
  const [a, b] = await Promise.all([plug(t, paths, 'one', 'a'), plug(t, paths, 'one', 'b')]);
  a.send(Buffer.from([0xff, 0xff, 0xff, 0xff, 1, 2, 3]));
  await a.until(() => !a.connected);
  await a.until(() => a.connected);
  a.send(frame(broadcast, 0x10, 5));
  await b.until(() => b.received.length === 1);
  t.is(numberOf(b.received[0]?.frame ?? Buffer.alloc(0)), 5);
});

test('a killed switch is started anew by the next use, with its links and its ports', async (t) => {
  const paths = await makePaths(t);
  await setLink(paths, 'one', 'two', { ...open, latencyMs: 25 });
  const [a, b] = await Promise.all([plug(t, paths, 'one', 'a'), plug(t, paths, 'two', 'b')]);
  const before = await ensureWan(paths);
  process.kill(before.pid, 'SIGKILL');
  await Promise.all([a.until(() => !a.connected), b.until(() => !b.connected)]);
  const after = await ensureWan(paths);
  t.not(after.pid, before.pid);
  await Promise.all([a.until(() => a.connected), b.until(() => b.connected)]);
  const sentAt = performance.now();
  a.send(frame(broadcast, 0x10, 9));
  await b.until(() => b.received.length === 1);
  t.true((b.received[0]?.at ?? 0) - sentAt >= 25);
});

test('links are changed while the switch runs, listed with their counters, and kept', async (t) => {
  const paths = await makePaths(t);
  const [a, b] = await Promise.all([plug(t, paths, 'one', 'a'), plug(t, paths, 'two', 'b')]);
  await setLink(paths, 'two', 'one', { ...open, loss: 1 });
  a.send(frame(broadcast, 0x10, 1));
  while ((await listLinks(paths))[0]?.directions[0]?.lost !== 1) await sleep(10);
  await setLink(paths, 'one', 'two', open);
  a.send(frame(broadcast, 0x10, 2));
  await b.until(() => b.received.length === 1);
  t.like((await listLinks(paths))[0], { clouds: ['one', 'two'], settings: open });
  t.deepEqual(await findLink(paths, 'two', 'one'), open);
  t.is(JSON.parse(await readFile(linksFile(paths), 'utf8')).links.length, 1);
  await forgetLinksOf(paths, 'two');
  t.is((await findLink(paths, 'one', 'two')).latencyMs, 10, 'the default again');
});

test('the switch ends with its last port, also when both go at once, and comes back', async (t) => {
  const paths = await makePaths(t);
  await Promise.all([plug(t, paths, 'one', 'a'), plug(t, paths, 'two', 'b')]);
  await Promise.all([detachPort(paths, 'one/a'), detachPort(paths, 'two/b')]);
  await untilGone(paths);
  await detachPort(paths, 'two/b');
  const c = await plug(t, paths, 'one', 'c');
  t.true(c.connected);
});

test('a port that is removed while no switch runs is not dialled by the next one', async (t) => {
  const paths = await makePaths(t);
  await plug(t, paths, 'one', 'a');
  await plug(t, paths, 'one', 'b');
  process.kill((await ensureWan(paths)).pid, 'SIGKILL');
  await untilGone(paths);
  await detachPort(paths, 'one/a');
  t.deepEqual(
    (await ensureWan(paths)).ports.map(({ name }) => name),
    ['one/b'],
  );
});

test('a state directory with a long path gets short sockets', async (t) => {
  const paths = await makePaths(t, 'd'.repeat(60), 'e'.repeat(60));
  const sockets = await socketDirectory(paths);
  t.true(sockets.length < 80);
  t.is(await socketDirectory(paths), sockets);
  const [a, b] = await Promise.all([plug(t, paths, 'one', 'a'), plug(t, paths, 'one', 'b')]);
  a.send(frame(broadcast, 0x10, 3));
  await b.until(() => b.received.length === 1);
  t.pass();
  await rm(sockets, { recursive: true });
});

test('one cloud has no link with itself, and a state directory that vanishes takes the switch along', async (t) => {
  const paths = await makePaths(t);
  await t.throwsAsync(setLink(paths, 'one', 'one', open), { code: 'wan.same-cloud' });
  const { pid } = await ensureWan(paths);
  await rm(paths.state, { recursive: true });
  while (await alive(pid)) await sleep(50);
  t.pass();
});

async function alive(pid: number): Promise<boolean> {
  return await readFile(`/proc/${pid}/cmdline`).then(
    (text) => text.length > 0,
    () => false,
  );
}

/** The local cloud with real QEMU processes, on an empty disk: the firmware finds nothing to boot and waits. */
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { readWan } from '../../../infra/wan/wan-client.ts';
import type { Cloud } from '../../../src/control/clouds/cloud.ts';
import { profileNames } from '../../../src/control/clouds/local-profile.ts';
import { openCloud } from '../../../src/control/clouds/registry.ts';
import { run } from '../../../src/process/run.ts';

const soon = () => AbortSignal.timeout(50_000);

type Place = { state: string; image: string; cloud: Cloud };

async function makePlace(t: ExecutionContext, profile = 'openstack-kvm'): Promise<Place> {
  const state = await mkdtemp(join(tmpdir(), 'local-'));
  const image = join(state, 'image.qcow2');
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', image, '64M']);
  const cloud = openCloud('local', 'alpha', { profile }, { state });
  t.teardown(async () => {
    for (const name of ['h1', 'h2']) await cloud.destroyVm(name);
    await rm(state, { recursive: true });
  });
  return { state, image, cloud };
}

const specOf = ({ image }: Place, name = 'h1') => ({
  name,
  image,
  userData: '#cloud-config\n',
  vcpus: 1,
  memoryMiB: 64,
  diskGiB: 1,
});

const fileOf = ({ state }: Place, name: string) => join(state, 'clouds', 'alpha', 'h1', name);
const pidOf = async (place: Place) => Number(await readFile(fileOf(place, 'qemu.pid'), 'utf8'));
const isThere = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

async function untilStopped({ cloud }: Place): Promise<void> {
  while ((await cloud.findVm('h1'))?.state !== 'stopped') await sleep(20);
}

test.serial('a VM is made once, found, and gone without a trace', async (t) => {
  const place = await makePlace(t);
  const { cloud, state } = place;
  await cloud.check(soon());
  t.is(await cloud.findVm('h1'), undefined);
  t.is(await cloud.readConsole('h1', 100), '');
  const made = await cloud.createVm(specOf(place), soon());
  t.is(made.state, 'running');
  const pid = await pidOf(place);
  t.deepEqual(await cloud.createVm(specOf(place), soon()), made);
  t.deepEqual(await cloud.startVm('h1', soon()), made);
  t.is(await pidOf(place), pid, 'one process, however often it was asked for');
  t.deepEqual(await openCloud('local', 'alpha', { profile: 'vmware' }, { state }).findVm('h1'), made);
  await t.throwsAsync(cloud.destroy(), { code: 'cloud.in-use' });
  await cloud.destroyVm('h1');
  await cloud.destroyVm('h1');
  t.is(await cloud.findVm('h1'), undefined);
  await cloud.destroy();
  t.false(await isThere(join(state, 'clouds', 'alpha')));
  while ((await readWan({ state })) !== undefined) await sleep(20);
});

test.serial('two VMs made at once share the WAN and nothing else', async (t) => {
  const place = await makePlace(t);
  const [one, two] = await Promise.all(
    ['h1', 'h2'].map((name) => place.cloud.createVm(specOf(place, name), soon())),
  );
  t.not(one?.address, two?.address);
  t.not(one?.ssh.port, two?.ssh.port);
  while ((await readWan(place))?.ports.filter(({ connected }) => connected).length !== 2) await sleep(20);
  t.pass();
});

/** The kernel closes a killed process's sockets a moment after the process has stopped being seen. */
async function takePort(port: number): Promise<Server> {
  for (const until = Date.now() + 10_000; ; await sleep(20)) {
    const server = createServer().listen(port, '127.0.0.1');
    const [error] = await Promise.race([once(server, 'listening'), once(server, 'error')]).catch((e) => [e]);
    if (error === undefined) return server;
    if (Date.now() > until) throw error;
  }
}

test.serial(
  'a crashed VM is seen as stopped, and starts again with its address and a free port',
  async (t) => {
    const place = await makePlace(t);
    const made = await place.cloud.createVm(specOf(place), soon());
    process.kill(await pidOf(place), 'SIGKILL');
    await untilStopped(place);
    const squatter = await takePort(made.ssh.port);
    t.teardown(() => squatter.close());
    const again = await place.cloud.startVm('h1', soon());
    t.like(again, { id: made.id, address: made.address, state: 'running' });
    t.not(again.ssh.port, made.ssh.port);
  },
);

test.serial('a pid file that speaks of another process is not believed', async (t) => {
  const place = await makePlace(t);
  await place.cloud.createVm(specOf(place), soon());
  process.kill(await pidOf(place), 'SIGKILL');
  await untilStopped(place);
  await writeFile(fileOf(place, 'qemu.pid'), `${process.pid}\n`);
  t.is((await place.cloud.findVm('h1'))?.state, 'stopped');
  await place.cloud.destroyVm('h1');
  t.pass('and this process is still alive');
});

test.serial('a making that was interrupted is begun anew', async (t) => {
  const place = await makePlace(t);
  await mkdir(fileOf(place, ''), { recursive: true });
  await writeFile(fileOf(place, 'disk.qcow2'), 'half a disk');
  t.is(await place.cloud.findVm('h1'), undefined);
  t.is((await place.cloud.createVm(specOf(place), soon())).state, 'running');
});

test.serial('bad input is refused with a code, and leaves nothing', async (t) => {
  const place = await makePlace(t);
  const spec = specOf(place);
  const raw = join(place.state, 'raw.img');
  await writeFile(raw, 'not an image');
  const overlay = join(place.state, 'overlay.qcow2');
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', place.image, overlay]);
  const large = join(place.state, 'large.qcow2');
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', large, '2G']);
  const cases = [
    [{ ...spec, name: '../h1' }, 'cloud.bad-name'],
    [{ ...spec, image: join(place.state, 'none.qcow2') }, 'cloud.image-missing'],
    [{ ...spec, image: place.state }, 'cloud.image-missing'],
    [{ ...spec, image: raw }, 'cloud.image-bad'],
    [{ ...spec, image: overlay }, 'cloud.image-not-whole'],
    [{ ...spec, image: large }, 'cloud.disk-too-small'],
    [{ ...spec, memoryMiB: 900_000_000 }, 'cloud.vm-start-failed'],
  ] as const;
  for (const [given, code] of cases) {
    const error = await t.throwsAsync(place.cloud.createVm(given, soon()), undefined, code);
    t.like(error, { code });
    t.false(await isThere(fileOf(place, '')), code);
  }
  await t.throwsAsync(place.cloud.startVm('h1', soon()), { code: 'cloud.vm-not-found' });
});

test.serial('what QEMU said is in the error', async (t) => {
  const place = await makePlace(t);
  const spec = { ...specOf(place), memoryMiB: 900_000_000 };
  const error = await t.throwsAsync(place.cloud.createVm(spec, soon()));
  t.regex(error?.message ?? '', /memory/i);
});

test.serial('a cancelled making leaves nothing', async (t) => {
  const place = await makePlace(t);
  let cancelled = 0;
  for (const after of [0, 10, 30, 60, 120]) {
    const stop = new AbortController();
    const making = place.cloud.createVm(specOf(place), stop.signal);
    const ending = making.then(
      () => 'made',
      (error: { code: string }) => error.code,
    );
    await sleep(after);
    stop.abort();
    const end = await ending;
    if (end === 'cloud.cancelled') cancelled++;
    // on a fast machine it is made before it is cancelled, and then it is there
    else t.is(end, 'made');
    t.is(await isThere(fileOf(place, '')), end === 'made');
    await place.cloud.destroyVm('h1');
  }
  t.true(cancelled > 0);
});

test.serial('a VM whose image is gone does not start, and can still be removed', async (t) => {
  const place = await makePlace(t);
  await place.cloud.createVm(specOf(place), soon());
  process.kill(await pidOf(place), 'SIGKILL');
  await untilStopped(place);
  await rename(place.image, `${place.image}.away`);
  await t.throwsAsync(place.cloud.startVm('h1', soon()), { code: 'cloud.image-missing' });
  await place.cloud.destroyVm('h1');
  t.is(await place.cloud.findVm('h1'), undefined);
});

test.serial('QEMU takes every profile', async (t) => {
  for (const profile of await profileNames()) {
    const place = await makePlace(t, profile);
    t.is((await place.cloud.createVm(specOf(place), soon())).state, 'running', profile);
    await place.cloud.destroyVm('h1');
  }
});

test.serial('a machine without QEMU says so', async (t) => {
  const place = await makePlace(t);
  const path = process.env.PATH;
  process.env.PATH = '/nowhere';
  try {
    await t.throwsAsync(place.cloud.check(soon()), { code: 'cloud.qemu-missing' });
  } finally {
    process.env.PATH = path;
  }
});

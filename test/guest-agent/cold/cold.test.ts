import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import test from 'ava';
import { imageInfo } from '../../../src/guest-agent/qemu-img.ts';
import { run } from '../../../src/process/run.ts';
import { id, type Pair, pair, quiet } from './two-hosts.ts';

const wholeWay = async ({ source, destination, spec, at, fetchOffer }: Pair, start = false) => {
  const { sent } = await fetchOffer(await at(source)['cold.offer'](id, quiet));
  const { files } = await at(source)['cold.digest'](id, quiet);
  const there = await at(destination)['cold.digest'](id, quiet);
  const adopted = await at(destination)['cold.adopt']({ ...id, spec, files, start }, quiet);
  return { sent, files, there: there.files, adopted };
};

const decided = { ...id, decided: true };

const diskOf = ({ source }: Pair) => source.context.paths.disk(id.guest);

test('a stopped guest arrives byte for byte, on the image of the other host, and is gone from the first', async (t) => {
  const own = await pair();
  const { source, destination, at } = own;
  const kept = `${diskOf(own)}-kept`;
  await run('cp', [diskOf(own), kept]);
  const { sent, files, there, adopted } = await wholeWay(own);
  t.deepEqual(there, files);
  t.deepEqual(adopted, { running: false });
  t.true(sent >= 2 ** 21 && sent <= statSync(diskOf(own)).size);
  const disk = destination.context.paths.disk(id.guest);
  t.is((await imageInfo(disk)).backingFile, destination.context.paths.image(own.spec.image));
  await t.notThrowsAsync(run('qemu-img', ['compare', '-f', 'qcow2', '-F', 'qcow2', kept, disk]));
  await at(source)['migrate.discard'](id, quiet);
  t.is(source.states.get(id.guest), 'absent');
  t.false(existsSync(source.context.paths.diskFolder(id.guest)));
  t.deepEqual(await at(destination)['migrate.keep'](decided, quiet), { state: 'stopped' });
  t.deepEqual(readdirSync(destination.context.paths.diskFolder(id.guest)), ['root.qcow2']);
  await t.notThrowsAsync(at(destination)['guest.start']({ name: id.guest }, quiet));
});

test('nobody starts it in between, on either side; given up, it may be started where it was', async (t) => {
  const own = await pair();
  const { source, destination, at } = own;
  await wholeWay(own);
  for (const host of [source, destination]) {
    await t.throwsAsync(at(host)['guest.start']({ name: id.guest }, quiet), { code: 'migrate.busy' });
  }
  await at(destination)['migrate.discard'](id, quiet);
  t.is(destination.states.get(id.guest), 'absent');
  t.false(existsSync(destination.context.paths.diskFolder(id.guest)));
  t.deepEqual(await at(source)['migrate.keep'](decided, quiet), { state: 'stopped' }, 'it is not started');
  await t.notThrowsAsync(at(source)['guest.start']({ name: id.guest }, quiet));
  await t.throwsAsync(at(source)['cold.offer'](id, quiet), { code: 'migrate.over' });
});

test('a guest that is to run is started where it arrived, and its source is erased only then', async (t) => {
  const own = await pair();
  const { adopted } = await wholeWay(own, true);
  t.deepEqual(adopted, { running: true });
  t.deepEqual(await own.at(own.destination)['migrate.keep'](decided, quiet), { state: 'running' });
  await t.throwsAsync(own.at(own.destination)['migrate.discard'](id, quiet), {
    code: 'migrate.running-here',
  });
});

test('every call may come twice', async (t) => {
  const own = await pair();
  const { source, destination, spec, at, fetchOffer } = own;
  const { files } = await wholeWay(own);
  const offer = await at(source)['cold.offer'](id, quiet);
  t.true((await fetchOffer(offer)).sent > 0, 'what is whole is not fetched again');
  t.deepEqual(await at(source)['cold.digest'](id, quiet), { files });
  t.deepEqual(await at(destination)['cold.adopt']({ ...id, spec, files, start: true }, quiet), {
    running: true,
  });
});

test('a guest that runs is not offered', async (t) => {
  const own = await pair();
  own.source.states.set(id.guest, 'running');
  await t.throwsAsync(own.at(own.source)['cold.offer'](id, quiet), { code: 'guest.running' });
  await t.notThrowsAsync(
    own.at(own.source)['guest.stop']({ name: id.guest, force: true, timeoutMs: 0 }, quiet),
  );
});

test('an offer is good for one stream, and for nobody without its token', async (t) => {
  const { source, at, fetchOffer } = await pair();
  const offer = await at(source)['cold.offer'](id, quiet);
  await t.throwsAsync(fetchOffer({ ...offer, token: 'f'.repeat(64) }), { code: 'cold.stream' });
  await fetchOffer(offer);
  const used = connect({ host: offer.address, port: offer.port });
  await t.throwsAsync(new Promise((_, reject) => used.on('error', reject)), { code: 'ECONNREFUSED' });
});

test('given up, a stream that is under way ends', async (t) => {
  const { source, at, fetchOffer } = await pair();
  const offer = await at(source)['cold.offer']({ ...id, bandwidth: 1 }, quiet);
  const fetching = fetchOffer(offer);
  await at(source)['migrate.keep'](decided, quiet);
  await t.throwsAsync(fetching, { code: 'cold.stream' });
});

/** Lets so many bytes pass, then cuts. */
async function cutAfter(bytes: number, to: { port: number }): Promise<{ port: number }> {
  const server = createServer((near) => {
    server.close();
    const far: Socket = connect({ host: '127.0.0.1', port: to.port });
    let passed = 0;
    near.on('error', () => undefined).pipe(far.on('error', () => undefined));
    far.on('data', (data: Buffer) => {
      near.write(data.subarray(0, Math.max(0, bytes - passed)));
      passed += data.length;
      if (passed >= bytes) near.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const where = server.address();
  return { port: where !== null && typeof where === 'object' ? where.port : 0 };
}

test('a stream that is cut is taken up where it ended', async (t) => {
  const own = await pair();
  const { source, at, fetchOffer } = own;
  const first = await at(source)['cold.offer'](id, quiet);
  await t.throwsAsync(fetchOffer({ ...first, ...(await cutAfter(2 ** 20 + 300_000, first)) }), {
    code: 'cold.stream',
  });
  const { sent, files, there } = await wholeWay(own);
  t.deepEqual(there, files);
  t.true(sent < 2 ** 21, `only the rest came: ${sent}`);
});

test('an agent that was restarted goes on with what it has', async (t) => {
  const own = await pair();
  const first = await own.at(own.source)['cold.offer'](id, quiet);
  await t.throwsAsync(own.fetchOffer({ ...first, ...(await cutAfter(2 ** 20, first)) }));
  own.source.restart();
  own.destination.restart();
  const { files, there } = await wholeWay(own);
  t.deepEqual(there, files);
});

test('disks that are not what was sent are not taken in', async (t) => {
  const own = await pair();
  const { source, destination, spec, at, fetchOffer } = own;
  await fetchOffer(await at(source)['cold.offer'](id, quiet));
  const draft = await open(`${destination.context.paths.disk(id.guest)}.incoming`, 'r+');
  await draft.write(Buffer.from('x'), 0, 1, 1_000_000);
  await draft.close();
  const { files } = await at(source)['cold.digest'](id, quiet);
  await at(destination)['cold.digest'](id, quiet);
  await t.throwsAsync(at(destination)['cold.adopt']({ ...id, spec, files, start: true }, quiet), {
    code: 'cold.differs',
  });
  t.is(destination.states.get(id.guest) ?? 'absent', 'absent');
});

test('cancelled, fetching ends, and what had come is removed', async (t) => {
  const own = await pair();
  const { source, destination, at, fetchOffer } = own;
  const offer = await at(source)['cold.offer']({ ...id, bandwidth: 1 }, quiet);
  const fetching = fetchOffer(offer);
  while (!destination.context.live.coldWork.has(id.operation))
    await new Promise((resolve) => setImmediate(resolve));
  await at(destination)['migrate.cancel'](id, quiet);
  await t.throwsAsync(fetching, { code: 'migrate.cancelled' });
  t.false((await at(destination)['migrate.status'](id, quiet)).busy);
  await at(destination)['migrate.discard'](id, quiet);
  t.false(existsSync(destination.context.paths.diskFolder(id.guest)));
});

test('a call with an older lease does nothing, on either side', async (t) => {
  const own = await pair();
  const { source, destination, spec, at, fetchOffer } = own;
  const { files } = await wholeWay(own);
  for (const host of [source, destination])
    await at(host)['guest.leases']({ guests: [{ name: id.guest, lease: 9 }] }, quiet);
  const late = { ...id, lease: 8 };
  const offer = await at(source)['cold.offer']({ ...id, lease: 9 }, quiet);
  for (const refused of [
    () => at(source)['cold.offer'](late, quiet),
    () => at(source)['cold.digest'](late, quiet),
    () => at(destination)['cold.fetch']({ ...late, spec, offer }, quiet),
    () => at(destination)['cold.adopt']({ ...late, spec, files, start: true }, quiet),
  ]) {
    await t.throwsAsync(refused(), { code: 'guest.fenced' });
  }
  t.is(destination.states.get(id.guest), 'stopped');
  await t.notThrowsAsync(fetchOffer(offer));
});

test('what comes when it has been undone is refused', async (t) => {
  const { source, destination, spec, at, fetchOffer } = await pair();
  await at(source)['migrate.keep'](decided, quiet);
  await at(destination)['migrate.discard'](id, quiet);
  await t.throwsAsync(at(source)['cold.offer'](id, quiet), { code: 'migrate.over' });
  const offer = {
    address: '127.0.0.1',
    port: 1,
    token: 'f'.repeat(64),
    files: [{ name: 'root.qcow2', bytes: 1 }],
  };
  await t.throwsAsync(fetchOffer(offer), { code: 'migrate.over' });
  const adopt = { ...id, spec, files: [], start: true };
  await t.throwsAsync(at(destination)['cold.adopt'](adopt, quiet), { code: 'migrate.over' });
});

test('disks that have vanished since they were compared are not made up for by their digests', async (t) => {
  const own = await pair();
  const { source, destination, spec, at, fetchOffer } = own;
  await fetchOffer(await at(source)['cold.offer'](id, quiet));
  const { files } = await at(source)['cold.digest'](id, quiet);
  await at(destination)['cold.digest'](id, quiet);
  rmSync(`${destination.context.paths.disk(id.guest)}.incoming`);
  const adopt = at(destination)['cold.adopt']({ ...id, spec, files, start: false }, quiet);
  await t.throwsAsync(adopt, { code: 'cold.differs' });
  t.is(destination.states.get(id.guest) ?? 'absent', 'absent');
});

test('its own host never takes it in', async (t) => {
  const own = await pair();
  const { files } = await wholeWay(own);
  const adopt = own.at(own.source)['cold.adopt']({ ...id, spec: own.spec, files, start: true }, quiet);
  await t.throwsAsync(adopt, { code: 'migrate.unknown' });
  t.is(own.source.states.get(id.guest), 'stopped');
});

test('what has run at the destination is not removed there, however it stands', async (t) => {
  const own = await pair();
  await wholeWay(own, true);
  for (const state of ['paused', 'stopped'] as const) {
    own.destination.states.set(id.guest, state);
    const discard = own.at(own.destination)['migrate.discard'](id, quiet);
    await t.throwsAsync(discard, { code: 'migrate.running-here' }, state);
  }
});

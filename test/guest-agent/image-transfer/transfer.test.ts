import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { fetchImage } from '../../../src/guest-agent/image-transfer/fetch.ts';
import { offerImage } from '../../../src/guest-agent/image-transfer/offer.ts';
import { digestOf, removeImage } from '../../../src/guest-agent/images.ts';
import type { Paths } from '../../../src/guest-agent/paths.ts';
import { run } from '../../../src/process/run.ts';
import { scratchPaths } from '../spec.ts';

const kibibyte = 1024;
const token = 'ab'.repeat(32);
const patience = { silenceMs: 120_000, pauseMs: 1, tries: 3 };

function host(): Paths {
  const paths = scratchPaths();
  for (const folder of [paths.images, paths.uploads]) mkdirSync(folder, { recursive: true });
  return paths;
}

let rigs = 0;

/** One host that has an image of some 2 MiB, and one that lacks it; each rig's image is its own. */
async function rig(idleMs = 600_000) {
  const [holder, taker] = [host(), host()];
  const path = join(holder.images, 'new');
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', path, '8M']);
  await run('qemu-io', ['-c', `write -P ${++rigs} 0 2M`, path]);
  const digest = await digestOf(path);
  await run('mv', [path, holder.image(digest)]);
  const cancel = new AbortController();
  const told: { doneBytes: number; totalBytes: number }[] = [];
  const call = { progress: (value: unknown) => void told.push(value as never), signal: cancel.signal };
  return {
    ...{ holder, taker, digest, cancel, told },
    bytes: statSync(holder.image(digest)).size,
    part: `${taker.image(digest)}.part`,
    offer: (address = '127.0.0.1') => offerImage(holder, address, { digest, token, idleMs }),
    fetch: (from: { address: string; port: number }, key = token) =>
      fetchImage(taker, { digest, from: { ...from, token: key } }, call, patience),
  };
}

/** Until nobody listens there any more. */
async function closed({ address, port }: { address: string; port: number }): Promise<void> {
  for (;;) {
    const socket = connect({ host: address, port });
    const open = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (!open) return;
  }
}

/** A way to the holder on which each line breaks after so many bytes; the last number is for all lines that follow. */
async function breaking(t: ExecutionContext, to: { address: string; port: number }, after: number[]) {
  let line = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    let left = after[Math.min(line++, after.length - 1)] ?? 0;
    const onward = connect({ host: to.address, port: to.port });
    for (const one of [socket, onward]) sockets.add(one.on('error', () => undefined));
    socket.pipe(onward);
    onward.on('data', (piece: Buffer) => {
      if (left <= 0) return;
      socket.write(piece.subarray(0, left));
      left -= piece.length;
      if (left > 0) return;
      socket.end(() => socket.destroy());
      onward.destroy();
    });
    onward.on('close', () => socket.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = server.address() as { port: number };
  return { address: '127.0.0.1', port, lines: () => line };
}

test('an image goes from the host that has it to the one that lacks it, and is told of on its way', async (t) => {
  const { offer, fetch, taker, holder, digest, bytes, told } = await rig();
  const offered = await offer();
  t.is(offered.bytes, bytes);
  t.deepEqual(await fetch(offered), { fetched: bytes });
  t.deepEqual(readFileSync(taker.image(digest)), readFileSync(holder.image(digest)));
  t.is(statSync(taker.image(digest)).mode & 0o777, 0o444);
  t.deepEqual(readdirSync(taker.images).length, 1);
  t.deepEqual(told.at(-1), { doneBytes: bytes, totalBytes: bytes });
  t.deepEqual(await fetch(offered), { fetched: 0 }, 'it is here already');
});

test('an offer ends when the taker has it', async (t) => {
  const { offer, fetch } = await rig();
  const offered = await offer();
  await fetch(offered);
  await closed(offered);
  t.pass();
});

test('lines that break cost what was in them: the next goes on where they broke', async (t) => {
  const { offer, fetch, taker, digest, bytes, told } = await rig();
  const way = await breaking(t, await offer(), [1024 * kibibyte, 1024 * kibibyte, 2 ** 30]);
  t.deepEqual(await fetch(way), { fetched: bytes });
  t.is(way.lines(), 3);
  t.is(await digestOf(taker.image(digest)), digest);
  const done = told.map(({ doneBytes }) => doneBytes);
  t.deepEqual(
    done,
    done.toSorted((a, b) => a - b),
    'progress never runs backwards',
  );
});

test('a fetch that fails leaves what came to the next, from whomever', async (t) => {
  const { offer, fetch, part, bytes } = await rig();
  const way = await breaking(t, await offer(), [1024 * kibibyte, 0]);
  const failing = fetch(way);
  await t.throwsAsync(failing, { code: 'image.fetch-failed' });
  const kept = statSync(part).size;
  t.true(kept > 0 && kept < 1024 * kibibyte);
  t.deepEqual(await fetch(await offer()), { fetched: bytes - kept });
});

test('a file that was whole when the agent crashed is only checked', async (t) => {
  const { offer, fetch, part, holder, digest } = await rig();
  writeFileSync(part, readFileSync(holder.image(digest)));
  t.deepEqual(await fetch(await offer()), { fetched: 0 });
});

test('what is torn is found by its digest, and is not begun with again', async (t) => {
  const { offer, fetch, part, taker, bytes } = await rig();
  writeFileSync(part, Buffer.alloc(64 * kibibyte, 7));
  await t.throwsAsync(fetch(await offer()), { code: 'image.digest-mismatch' });
  t.deepEqual(readdirSync(taker.images), []);
  t.deepEqual(await fetch(await offer()), { fetched: bytes });
});

test('without the token nothing is given', async (t) => {
  const { offer, fetch, taker } = await rig();
  const offered = await offer();
  await t.throwsAsync(fetch(offered, 'cd'.repeat(32)), { code: 'image.fetch-failed' });
  t.deepEqual(readdirSync(taker.images), []);
  t.true((await fetch(offered)).fetched > 0, 'and whoever has it is not kept from it');
});

test('an offer listens on the address that it was given alone', async (t) => {
  const { offer, fetch } = await rig();
  const offered = await offer('127.0.0.2');
  await t.throwsAsync(fetch({ ...offered, address: '127.0.0.1' }), { code: 'image.fetch-failed' });
  t.true((await fetch(offered)).fetched > 0);
});

test('an offer that nobody takes ends by itself', async (t) => {
  const { offer } = await rig(50);
  await closed(await offer());
  t.pass();
});

test('a cancelled fetch ends as such, and keeps what came', async (t) => {
  const { offer, fetch, cancel, part } = await rig();
  const way = await breaking(t, await offer(), [1024 * kibibyte, 0]);
  const fetching = fetch(way);
  while (!existsSync(part) || statSync(part).size < 64 * kibibyte)
    await new Promise((done) => setImmediate(done));
  cancel.abort();
  await t.throwsAsync(fetching, { code: 'image.fetch-cancelled' });
  t.true(existsSync(part));
});

test('a holder without the image offers nothing', async (t) => {
  const { offer, holder, digest } = await rig();
  await removeImage(holder, digest, []);
  await t.throwsAsync(offer(), { code: 'image.missing' });
});

test('a holder whose file has lost its end is found out', async (t) => {
  const { offer, fetch, holder, digest, taker } = await rig();
  await run('chmod', ['644', holder.image(digest)]);
  truncateSync(holder.image(digest), 64 * kibibyte);
  await t.throwsAsync(fetch(await offer()), { code: 'image.digest-mismatch' });
  t.deepEqual(readdirSync(taker.images), []);
});

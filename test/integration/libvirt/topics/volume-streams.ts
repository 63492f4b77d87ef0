/** Uploads and downloads that are slow, too long, cut off or given up. All go through a socket of ours that counts. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import type { Connection } from '../../../../src/libvirt/connection.ts';
import { LibvirtConnectionError, LibvirtError } from '../../../../src/libvirt/errors.ts';
import { poolStartFlags } from '../../../../src/libvirt/storage/flags.ts';
import type { StoragePool } from '../../../../src/libvirt/storage/pool.ts';
import type { Volume } from '../../../../src/libvirt/storage/volume.ts';
import { answers, skipped } from '../driver-presence.ts';
import type { Server } from '../server.ts';
import { proxySocket, type SocketProxy } from '../socket-proxy.ts';
import { content, digestOf, dropTransientPool, fill, poolXml, volumeXml } from '../storage-pool.ts';
import type { Topic } from '../topic.ts';

/** `pool` is undefined where the daemon has no driver for real disks. */
type Context = { server: Server; proxy: SocketProxy; connection: Connection; pool: StoragePool | undefined };

const mebibyte = 1024 * 1024;
const size = 64 * mebibyte;
/** What may be under way between two processes: buffers of sockets and streams, a message or two. */
const underWay = 4 * mebibyte;

async function withVolume(
  pool: StoragePool,
  { proxy }: Context,
  action: (volume: Volume) => Promise<void>,
): Promise<void> {
  const volume = await pool.volumes.create(volumeXml(`stream-${randomUUID()}`, size, { allocation: 0 }));
  try {
    await action(volume);
    await proxy.atMost(1); // a stream's connection ends with it
  } finally {
    await volume.delete();
  }
}

/** A test that needs a volume. */
const onVolume =
  (action: (t: ExecutionContext, context: Context, volume: Volume) => Promise<void>) =>
  (t: ExecutionContext, context: Context): Promise<void> =>
    context.pool === undefined
      ? Promise.resolve(skipped(t, 'storage'))
      : withVolume(context.pool, context, (volume) => action(t, context, volume));

export const volumeStreams: Topic<Context> = {
  name: 'volume-streams',
  setUp: async (server) => {
    const proxy = await proxySocket(server.socketPath);
    const connection = await server.connect(server.qemuUri, { socketPath: proxy.socketPath });
    const xml = poolXml(`streams-${randomUUID()}`, `${server.directory}/streams`);
    const pool = (await answers(() => connection.storage.list()))
      ? await connection.storage.create(xml, poolStartFlags.build)
      : undefined;
    return { server, proxy, connection, pool };
  },
  tests: {
    'a slow reader slows the daemon: little waits for it': onVolume(async (t, { proxy }, volume) => {
      await fill(volume, size);
      await proxy.atMost(1);
      const before = proxy.toClients();
      let [taken, ahead, memory] = [0, 0, 0];
      const base = process.memoryUsage().rss;
      const slow = async function* (source: AsyncIterable<Buffer>) {
        for await (const piece of source) {
          taken += piece.length;
          yield piece;
          if (taken % (4 * mebibyte) < piece.length) await sleep(20);
          ahead = Math.max(ahead, proxy.toClients() - before - taken);
          memory = Math.max(memory, process.memoryUsage().rss - base);
        }
      };
      const received = digestOf(Readable.from(slow(await volume.download())));
      t.is(await received, await digestOf(content(size)));
      t.is(taken, size);
      t.true(ahead < underWay, `${ahead} bytes waited`);
      t.true(memory < size / 2, `memory grew by ${memory} bytes`);
      t.log(`At most ${ahead} bytes waited; memory grew by ${memory} bytes.`);
    }),

    'a reader that stops stops the daemon, and no other call': onVolume(
      async (t, { proxy, connection }, volume) => {
        await fill(volume, size);
        await proxy.atMost(1);
        const before = proxy.toClients();
        const stream = await volume.download();
        await once(stream, 'readable');
        await sleep(500);
        t.true(proxy.toClients() - before < underWay);
        t.is((await connection.storage.volumeByKey(volume.key)).name, volume.name);
        t.is(await digestOf(stream), await digestOf(content(size)));
      },
    ),

    'a daemon that does not read stops the writer': onVolume(async (t, { proxy }, volume) => {
      const stream = await volume.upload({ length: size });
      const goOn = proxy.hold();
      let given = 0;
      const source = function* () {
        for (const piece of content(size)) {
          given += piece.length;
          yield piece;
        }
      };
      const done = pipeline(source(), stream);
      await sleep(500);
      t.true(given > 0 && given < underWay, `${given} bytes were given`);
      goOn();
      await done;
      t.is(given, size);
      t.is(await digestOf(await volume.download()), await digestOf(content(size)));
    }),

    'a source that dawdles is waited for': onVolume(async (t, _context, volume) => {
      const source = async function* () {
        for (const piece of content(mebibyte, 100_003)) {
          await sleep(5);
          yield piece;
        }
      };
      await pipeline(source(), await volume.upload());
      t.is(
        await digestOf(await volume.download({ length: mebibyte })),
        await digestOf(content(mebibyte, 100_003)),
      );
    }),

    'more than was announced is refused, as an error of the stream': onVolume(async (t, _context, volume) => {
      const sent = pipeline(content(mebibyte), await volume.upload({ length: 1_000 }));
      const refused = await t.throwsAsync<LibvirtError>(sent, { instanceOf: LibvirtError });
      t.like(refused, { codeName: 'systemError', procedure: 'storageVolUpload' });
    }),

    'a download that is given up half-way leaves no connection': onVolume(async (t, { proxy }, volume) => {
      await fill(volume, size);
      const controller = new AbortController();
      const stream = await volume.download({}, { signal: controller.signal });
      await once(stream, 'readable');
      const ended = t.throwsAsync(finished(stream));
      controller.abort();
      t.is((await ended)?.name, 'AbortError');
      await proxy.atMost(1);
      const other = await volume.download();
      for await (const piece of other) if ((piece as Buffer).length > 0) break; // destroys it
      await proxy.atMost(1);
      t.true(other.destroyed);
    }),

    'an upload that is given up half-way leaves no connection': onVolume(async (t, { proxy }, volume) => {
      const controller = new AbortController();
      const stream = await volume.upload({}, { signal: controller.signal });
      let given = 0;
      const source = function* () {
        for (const piece of content(size)) {
          given += piece.length;
          if (given > 8 * mebibyte) controller.abort();
          yield piece;
        }
      };
      t.is((await t.throwsAsync(pipeline(source(), stream)))?.name, 'AbortError');
      t.true(given < size);
      await proxy.atMost(1);
    }),

    'a stream that was never wanted is not opened': onVolume(async (t, { proxy }, volume) => {
      const signal = AbortSignal.abort();
      t.is((await t.throwsAsync(volume.upload({}, { signal })))?.name, 'AbortError');
      t.is((await t.throwsAsync(volume.download({}, { signal })))?.name, 'AbortError');
      await proxy.atMost(1);
    }),

    'a connection lost half-way is an error of the stream': onVolume(async (t, { proxy }, volume) => {
      const source = function* () {
        for (const piece of content(size)) {
          yield piece;
          if (piece.includes('@8386688')) proxy.cut();
        }
      };
      const sent = pipeline(source(), await volume.upload());
      t.like(await t.throwsAsync(sent, { instanceOf: LibvirtConnectionError }), { reason: 'closed' });
      const stream = await volume.download();
      await once(stream, 'readable');
      const lost = t.throwsAsync(finished(stream), { instanceOf: LibvirtConnectionError });
      proxy.cut();
      t.like(await lost, { reason: 'closed' });
      t.true(stream.destroyed);
    }),

    'zeros do not travel when they need not': onVolume(async (t, { proxy, server }, volume) => {
      const source = function* () {
        yield Buffer.alloc(10 * mebibyte);
        yield* content(mebibyte + 5);
        yield Buffer.alloc(20 * mebibyte + 3_000);
        yield Buffer.from('the middle');
        yield Buffer.alloc(size - 31 * mebibyte - 3_015);
      };
      const sum = await digestOf(source());
      await pipeline(source(), await volume.upload({ sparse: true }));
      t.is((await server.run('sha256sum', [await volume.path()])).split(' ')[0], sum);
      t.true(Number(await server.run('stat', ['-c', '%b', await volume.path()])) * 512 < 2 * mebibyte);
      await proxy.atMost(1);
      const before = proxy.toClients();
      t.is(await digestOf(await volume.download({ sparse: true })), sum);
      t.true(proxy.toClients() - before < 2 * mebibyte, `${proxy.toClients() - before} bytes travelled`);
      const part = { offset: 9 * mebibyte, length: 3 * mebibyte };
      t.is(
        await digestOf(await volume.download({ ...part, sparse: true })),
        await digestOf(await volume.download(part)),
      );
    }),

    'many streams at once keep apart': onVolume(async (t, _context, volume) => {
      await fill(volume, 8 * mebibyte);
      const parts = Array.from({ length: 8 }, (_, index) => ({ offset: index * mebibyte, length: mebibyte }));
      const streams = await Promise.all(parts.map((part) => volume.download(part)));
      const pieces = await Promise.all(streams.map((stream) => stream.toArray() as Promise<Buffer[]>));
      t.is(await digestOf(pieces.flat()), await digestOf(content(8 * mebibyte)));
    }),
  },
  tearDown: async ({ connection, pool, proxy }) => {
    if (pool !== undefined) await dropTransientPool(pool);
    await connection.close();
    await proxy.stop();
  },
};

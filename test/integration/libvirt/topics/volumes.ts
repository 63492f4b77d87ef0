/** Volumes of the test driver, and files in a directory of the machine with real bytes. */
import { randomUUID } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import type { ExecutionContext } from 'ava';
import type { Connection } from '../../../../src/libvirt/connection.ts';
import { LibvirtError } from '../../../../src/libvirt/errors.ts';
import { poolStartFlags, volumeResizeFlags } from '../../../../src/libvirt/storage/flags.ts';
import type { StoragePool } from '../../../../src/libvirt/storage/pool.ts';
import { answers, skipped } from '../driver-presence.ts';
import type { Server } from '../server.ts';
import {
  bytesOf,
  digest,
  digestOf,
  dropTransientPool,
  fill,
  poolXml,
  readAll,
  volumeXml,
} from '../storage-pool.ts';
import type { Topic } from '../topic.ts';

/** `pool` is undefined where the daemon has no driver for real disks. */
type Context = { server: Server; fake: Connection; real: Connection; pool: StoragePool | undefined };

const mebibyte = 1024 * 1024;

/** What holds for a volume whatever its driver. */
async function checkLife(t: ExecutionContext, connection: Connection, pool: StoragePool): Promise<void> {
  const { storage } = connection;
  const volume = await pool.volumes.create(volumeXml('life', mebibyte));
  t.is(volume.name, 'life');
  t.is(volume.pool, pool.name);
  t.like(await volume.info(), { type: 'file', capacity: mebibyte });
  t.deepEqual((await pool.volumes.byName('life')).handle, volume.handle);
  t.deepEqual((await storage.volumeByKey(volume.key)).handle, volume.handle);
  t.deepEqual((await storage.volumeByPath(await volume.path())).handle, volume.handle);
  t.is(await storage.volume(volume.handle).xml(), await volume.xml());
  t.regex(await volume.xml(), /<name>life<\/name>/);
  const copy = await pool.volumes.createFrom(volume.handle, volumeXml('copy', mebibyte));
  const names = (await pool.volumes.list()).map(({ name }) => name);
  t.deepEqual(names.filter((name) => ['life', 'copy'].includes(name)).sort(), ['copy', 'life']);
  await t.throwsAsync(pool.volumes.create(volumeXml('life', 1)), { instanceOf: LibvirtError });
  await volume.delete();
  await copy.delete();
  const gone = await t.throwsAsync(volume.info(), { instanceOf: LibvirtError });
  t.is(gone?.codeName, 'noStorageVolume');
}

export const volumes: Topic<Context> = {
  name: 'volumes',
  setUp: async (server) => {
    const [fake, real] = [await server.connect('test:///default'), await server.connect(server.qemuUri)];
    const xml = poolXml(`volumes-${randomUUID()}`, `${server.directory}/volumes`);
    const pool = (await answers(() => real.storage.list()))
      ? await real.storage.create(xml, poolStartFlags.build)
      : undefined;
    return { server, fake, real, pool };
  },
  tests: {
    'the test driver has a volume from making to deletion': async (t, { fake }) => {
      await checkLife(t, fake, await fake.storage.byName('default-pool'));
    },

    'a real volume, from making to deletion': async (t, { real, pool }) => {
      if (pool === undefined) return skipped(t, 'storage');
      await checkLife(t, real, pool);
    },

    'a volume takes another size, up and, told so, down': async (t, { server, pool }) => {
      if (pool === undefined) return skipped(t, 'storage');
      const volume = await pool.volumes.create(volumeXml('resized', mebibyte));
      const size = async () => Number(await server.run('stat', ['-c', '%s', await volume.path()]));
      await volume.resize(3 * mebibyte);
      t.is(await size(), 3 * mebibyte);
      await volume.resize(mebibyte, volumeResizeFlags.delta);
      t.like(await volume.info(), { capacity: 4 * mebibyte });
      await t.throwsAsync(volume.resize(mebibyte), { instanceOf: LibvirtError });
      await volume.resize(mebibyte, volumeResizeFlags.shrink);
      t.is(await size(), mebibyte);
      await volume.delete();
    },

    'physical is the size of the file, allocation what it takes': async (t, { pool }) => {
      if (pool === undefined) return skipped(t, 'storage');
      const volume = await pool.volumes.create(volumeXml('sparse', 8 * mebibyte, { allocation: 0 }));
      t.like(await volume.info(), { capacity: 8 * mebibyte, allocation: 0 });
      t.like(await volume.info({ physical: true }), { capacity: 8 * mebibyte, allocation: 8 * mebibyte });
      await volume.delete();
    },

    'bytes come back as they went, whatever their number': async (t, { server, pool }) => {
      if (pool === undefined) return skipped(t, 'storage');
      const piece = 262_120; // the largest of one message
      for (const size of [0, 1, 3, 65_536, piece - 1, piece, piece + 1, 3 * piece + 7, 5_000_011]) {
        const volume = await pool.volumes.create(volumeXml(`bytes-${size}`, size));
        await fill(volume, size);
        const sent = digest(bytesOf(size));
        t.is((await server.run('sha256sum', [await volume.path()])).split(' ')[0], sent, `${size} sent`);
        t.is(await digestOf(await volume.download()), sent, `${size} received`);
        t.like(await volume.info(), { capacity: size });
        await volume.delete();
      }
    },

    'a window of a volume is written and read alone': async (t, { pool }) => {
      if (pool === undefined) return skipped(t, 'storage');
      const volume = await pool.volumes.create(volumeXml('window', mebibyte));
      await fill(volume, mebibyte);
      const [offset, length] = [300_001, 400_003];
      const patch = Buffer.alloc(length, 'patch');
      await pipeline([patch], await volume.upload({ offset, length }));
      const expected = bytesOf(mebibyte);
      patch.copy(expected, offset);
      const read = async (part?: { offset?: number; length?: number }) =>
        digest(await readAll(await volume.download(part)));
      t.is(await read(), digest(expected));
      t.is(await read({ offset, length }), digest(patch));
      t.is(await read({ offset: 7, length: 1 }), digest(expected.subarray(7, 8)));
      t.is(await read({ offset: mebibyte - 5 }), digest(expected.subarray(-5)));
      t.is(await read({ offset: mebibyte }), digest(new Uint8Array()));
      t.is(await read({ length: 0 }), digest(new Uint8Array()));
      t.is(await read({ offset: mebibyte - 5, length: 100 }), digest(expected.subarray(-5)));
      await volume.delete();
    },

    "a qcow2 volume's file goes from one volume to another": async (t, { server, pool }) => {
      if (pool === undefined) return skipped(t, 'storage');
      const [from, to] = [
        await pool.volumes.create(volumeXml('from.qcow2', 3 * mebibyte, { format: 'qcow2' })),
        await pool.volumes.create(volumeXml('to.qcow2', mebibyte, { format: 'qcow2' })),
      ];
      await server.run('qemu-io', ['-f', 'qcow2', '-c', 'write -P 0x42 1M 64k', await from.path()]);
      await pipeline(await from.download(), await to.upload());
      await pool.refresh();
      t.like(await to.info(), { capacity: 3 * mebibyte });
      const read = await server.run('qemu-io', ['-f', 'qcow2', '-c', 'read -P 0x42 1M 64k', await to.path()]);
      t.notRegex(read, /failed/);
      const flat = await pool.volumes.createFrom(to.handle, volumeXml('flat', 3 * mebibyte));
      t.is(await digestOf(await flat.download({ offset: mebibyte, length: 4 })), digest(Buffer.from('BBBB')));
      for (const volume of [from, to, flat]) await volume.delete();
    },

    'a wiped volume has nothing left': async (t, { pool }) => {
      if (pool === undefined) return skipped(t, 'storage');
      const volume = await pool.volumes.create(volumeXml('wiped', mebibyte));
      await fill(volume, mebibyte);
      await volume.wipe();
      t.is(await digestOf(await volume.download()), digest(new Uint8Array(mebibyte)));
      await t.throwsAsync(volume.wipe('trim'), { instanceOf: LibvirtError });
      await volume.delete();
    },

    'bad input is refused with a typed error': async (t, { server, pool }) => {
      if (pool === undefined) return skipped(t, 'storage');
      const code = async (promise: Promise<unknown>) =>
        (await t.throwsAsync<LibvirtError>(promise, { instanceOf: LibvirtError }))?.codeName;
      t.is(await code(pool.volumes.byName('nowhere')), 'noStorageVolume');
      t.is(await code(pool.volumes.create('<volume')), 'xmlDetail');
      t.is(await code(pool.volumes.create(volumeXml('x', 1, { format: 'nonsense' }))), 'configUnsupported');
      const volume = await pool.volumes.create(volumeXml('ours', mebibyte));
      t.is(await code(pool.volumes.create(volumeXml('ours', 1))), 'storageVolumeExists');
      await t.throwsAsync(volume.download({ offset: -1 }), { name: 'XdrError' });
      await t.throwsAsync(volume.resize(0.5), { name: 'XdrError' });
      await server.run('rm', [await volume.path()]);
      t.is(await code(volume.upload()), 'systemError');
      t.is(await code(volume.download()), 'systemError');
      await pool.refresh();
      t.is(await code(volume.upload()), 'noStorageVolume');
      t.is(await code(volume.download()), 'noStorageVolume');
    },
  },
  tearDown: async ({ fake, real, pool }) => {
    if (pool !== undefined) await dropTransientPool(pool);
    await fake.close();
    await real.close();
  },
};

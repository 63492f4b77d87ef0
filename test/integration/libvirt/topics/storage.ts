/** Storage pools: of the test driver, and directories of the machine. */
import { randomUUID } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import type { Connection } from '../../../../src/libvirt/connection.ts';
import { errorCodes } from '../../../../src/libvirt/error-codes.ts';
import { LibvirtError } from '../../../../src/libvirt/errors.ts';
import { poolListFlags, poolStartFlags, poolXmlFlags } from '../../../../src/libvirt/storage/flags.ts';
import type { StoragePool } from '../../../../src/libvirt/storage/pool.ts';
import { answers, skipped } from '../driver-presence.ts';
import type { Server } from '../server.ts';
import { poolXml, volumeXml } from '../storage-pool.ts';
import type { Topic } from '../topic.ts';

type Context = { server: Server; fake: Connection; real: Connection; skip: boolean };

/** What holds for a pool whatever its driver. Leaves it started. */
async function checkLife(t: ExecutionContext, { storage }: Connection, pool: StoragePool): Promise<void> {
  const names = async (flags: number) => (await storage.list(flags)).map(({ name }) => name);
  t.false(await pool.isActive());
  t.true(await pool.isPersistent());
  t.true((await names(poolListFlags.inactive)).includes(pool.name));
  t.false((await names(poolListFlags.active)).includes(pool.name));
  t.deepEqual((await storage.byName(pool.name)).handle, pool.handle);
  t.deepEqual((await storage.byUuid(pool.uuid)).handle, pool.handle);
  await pool.build();
  t.false(await pool.autostart());
  await pool.setAutostart(true);
  t.true(await pool.autostart());
  await pool.setAutostart(false);
  await pool.start();
  t.true(await pool.isActive());
  t.is((await pool.info()).state, 'running');
  t.true((await names(poolListFlags.active | poolListFlags.dir)).includes(pool.name));
  await t.throwsAsync(pool.start(), { instanceOf: LibvirtError });
  await pool.refresh();
  t.regex(await pool.xml(), new RegExp(`<uuid>${pool.uuid}</uuid>`));
}

export const storage: Topic<Context> = {
  name: 'storage',
  setUp: async (server) => {
    const [fake, real] = [await server.connect('test:///default'), await server.connect(server.qemuUri)];
    return { server, fake, real, skip: !(await answers(() => real.storage.list())) };
  },
  tests: {
    'the test driver has a pool from definition to oblivion': async (t, { fake }) => {
      const pool = await fake.storage.define(poolXml('pretended', '/pretended'));
      await checkLife(t, fake, pool);
      const volume = await pool.volumes.create(volumeXml('inside', 1024));
      t.deepEqual((await fake.storage.byVolume(volume.handle)).handle, pool.handle);
      t.like(await pool.info(), { state: 'running', allocation: 1024 });
      await volume.delete();
      await pool.destroy();
      await pool.delete();
      await pool.undefine();
      t.like(await t.throwsAsync(pool.info()), { code: errorCodes.noStoragePool });
    },

    'the test driver finds sources of pools': async (t, { fake }) => {
      t.regex(await fake.storage.findSources({ type: 'logical' }), /<sources>[\s\S]*<name>/);
      const sourceSpec = "<source><host name='localhost'/></source>";
      t.regex(await fake.storage.findSources({ type: 'netfs', sourceSpec }), /<host name='localhost'/);
      await t.throwsAsync(fake.storage.findSources({ type: 'rbd' }), { instanceOf: LibvirtError });
    },

    'a pool of a real directory, from definition to oblivion': async (t, { server, real, skip }) => {
      if (skip) return skipped(t, 'storage');
      const path = `${server.directory}/pools/life`;
      const name = `life-${randomUUID()}`;
      const pool = await real.storage.define(poolXml(name, path));
      await t.throwsAsync(pool.start(), { instanceOf: LibvirtError }); // there is no directory yet
      await checkLife(t, real, pool);
      t.regex(await pool.xml(poolXmlFlags.inactive), new RegExp(`<path>${path}</path>`));
      t.deepEqual((await real.storage.byTargetPath(path)).handle, pool.handle);
      const { capacity, allocation, available } = await pool.info();
      t.true(capacity > 0 && allocation + available <= capacity);
      const file = `${path}/came.raw`;
      await server.run('mv', [await server.write('came.raw', Buffer.alloc(5_000)), file]);
      t.deepEqual(await pool.volumes.list(), []);
      await pool.refresh();
      t.deepEqual(
        (await pool.volumes.list()).map((volume) => volume.name),
        ['came.raw'],
      );
      const volume = await real.storage.volumeByPath(file);
      t.is(volume.pool, name);
      t.deepEqual((await real.storage.byVolume(volume.handle)).handle, pool.handle);
      await volume.delete();
      await t.throwsAsync(server.run('test', ['-e', file]));
      await pool.destroy();
      t.like(await pool.info(), { state: 'inactive' });
      await pool.delete();
      await t.throwsAsync(server.run('test', ['-e', path]));
      await pool.undefine();
      t.like(await t.throwsAsync(pool.info()), { code: errorCodes.noStoragePool });
    },

    'a transient pool is built with its start, and gone once destroyed': async (
      t,
      { server, real, skip },
    ) => {
      if (skip) return skipped(t, 'storage');
      const path = `${server.directory}/pools/passing`;
      const pool = await real.storage.create(poolXml(`passing-${randomUUID()}`, path), poolStartFlags.build);
      await server.run('test', ['-d', path]);
      t.false(await pool.isPersistent());
      t.false((await real.storage.list(poolListFlags.persistent)).some(({ uuid }) => uuid === pool.uuid));
      t.true((await real.storage.list(poolListFlags.transient)).some(({ uuid }) => uuid === pool.uuid));
      await pool.destroy();
      const gone = await t.throwsAsync(real.storage.byUuid(pool.uuid), { instanceOf: LibvirtError });
      t.is(gone?.codeName, 'noStoragePool');
    },

    'the daemon tells which pools it knows': async (t, { real, skip }) => {
      if (skip) return skipped(t, 'storage');
      t.regex(
        await real.storage.capabilities(),
        /<storagepoolCapabilities>[\s\S]*<pool type='dir' supported='yes'>/,
      );
    },

    'what happens to a pool is told, of one pool or of all': async (t, { fake }) => {
      const pool = await fake.storage.define(poolXml('watched-pool', '/watched-pool'));
      const [all, own]: [string[], string[]] = [[], []];
      const other = await fake.storage.byName('default-pool');
      const refreshed = Promise.withResolvers<string>();
      const undefinedNow = Promise.withResolvers<void>();
      const { events } = fake;
      const subscriptions = [
        await events.on('pool-lifecycle', ({ pool: { name }, event }) => {
          if (name === pool.name) all.push(event);
          if (event === 'undefined') undefinedNow.resolve();
        }),
        await events.on('pool-lifecycle', ({ event }) => own.push(event), { pool: other.handle }),
        await events.on('pool-refresh', (event) => refreshed.resolve(event.pool.uuid), { pool: pool.handle }),
      ];
      await pool.build();
      await pool.start();
      await pool.refresh();
      await pool.destroy();
      await pool.delete();
      await pool.undefine();
      t.is(await refreshed.promise, pool.uuid);
      await undefinedNow.promise;
      t.deepEqual(all, ['created', 'started', 'stopped', 'deleted', 'undefined']);
      t.deepEqual(own, []);
      for (const subscription of subscriptions) await subscription.stop();
    },

    'bad input is refused with a typed error': async (t, { fake, real, skip }) => {
      const code = async (promise: Promise<unknown>) =>
        (await t.throwsAsync<LibvirtError>(promise, { instanceOf: LibvirtError }))?.codeName;
      t.is(await code(fake.storage.byName('nowhere')), 'noStoragePool');
      t.is(await code(fake.storage.byUuid(randomUUID())), 'noStoragePool');
      t.is(await code(fake.storage.define('<pool')), 'xmlDetail');
      t.is(await code(fake.storage.define("<pool type='nonsense'/>")), 'xmlError');
      t.is(await code(fake.storage.capabilities()), 'noSupport');
      await t.throwsAsync(fake.storage.byUuid('not-a-uuid'), { name: 'XdrError' });
      if (skip) return t.log('In part: this daemon has no storage driver.');
      t.is(await code(real.storage.byTargetPath('/nowhere')), 'noStoragePool');
      t.is(await code(real.storage.volumeByPath('/nowhere/at/all')), 'noStorageVolume');
      t.is(await code(real.storage.volumeByKey('no-such-key')), 'noStorageVolume');
    },
  },
  tearDown: async ({ fake, real }) => {
    await fake.close();
    await real.close();
  },
};

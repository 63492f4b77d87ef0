/** Jobs that copy, commit and pull the layers of a running domain's disk, watched by events; the bytes are looked at. */
import { randomUUID } from 'node:crypto';
import type { Connection } from '../../../../src/libvirt/connection.ts';
import { BlockJobError, watchBlockJob } from '../../../../src/libvirt/domain/block-job-watch.ts';
import { blockCommitFlags, blockCopyFlags } from '../../../../src/libvirt/domain/block-jobs.ts';
import { snapshotFlags } from '../../../../src/libvirt/domain/snapshots.ts';
import type { Domain } from '../../../../src/libvirt/domain.ts';
import { errorCodes } from '../../../../src/libvirt/error-codes.ts';
import { LibvirtError } from '../../../../src/libvirt/errors.ts';
import { countOf } from '../console-reader.ts';
import { discard } from '../discard.ts';
import type { Server } from '../server.ts';
import { guestXml } from '../tiny-guest.ts';
import type { Topic } from '../topic.ts';
import { makeUnreadableDisk } from '../unreadable-disk.ts';
import { guestWrites, holds, sameContent, whilePaused, writeWritingBase } from '../writing-guest.ts';

type Context = { server: Server; connection: Connection; domain: Domain };

const bounded = () => ({ signal: AbortSignal.timeout(60_000) });
const { transientJob, reuseExternal, shallow } = blockCopyFlags;

async function makeLayer(server: Server, name: string, below: string, format: string): Promise<string> {
  const path = `${server.directory}/${name}`;
  await server.run('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', format, '-b', below, path]);
  return path;
}

const destination = (path: string, format = 'qcow2') =>
  `<disk type='file'><source file='${path}'/><driver type='${format}'/></disk>`;

/** The domain goes on with a new file on top of its disk; gives the file's path. */
async function addLayer({ server, domain }: Context, name: string): Promise<string> {
  const path = `${server.directory}/${name}`;
  const disk = `<disk name='vda' snapshot='external'><source file='${path}'/></disk>`;
  const xml = `<domainsnapshot><disks>${disk}<disk name='vdb' snapshot='no'/></disks></domainsnapshot>`;
  await domain.snapshots.create(xml, snapshotFlags.diskOnly | snapshotFlags.noMetadata);
  return path;
}

/** The files of vda from the top to the bottom. */
async function layers(domain: Domain): Promise<string[]> {
  const [, disk = ''] =
    /(<disk type='file' device='disk'>.*?<target dev='vda')/s.exec(await domain.xml()) ?? [];
  return [...disk.matchAll(/<source file='([^']*)'/g)].map(([, path = '']) => path);
}

export const blockJobs: Topic<Context> = {
  name: 'block-jobs',
  setUp: async (server) => {
    const base = await writeWritingBase(server);
    const disk = await makeLayer(server, 'block-jobs.qcow2', base, 'raw');
    await server.run('qemu-io', ['-f', 'qcow2', '-c', 'write -P 0x42 8M 6M', disk]);
    const second = await makeLayer(
      server,
      'block-jobs-second.qcow2',
      await makeUnreadableDisk(server),
      'qcow2',
    );
    const connection = await server.connect(server.qemuUri);
    const more = `<disk type='file' device='disk'><driver name='qemu' type='qcow2'/>
      <source file='${second}'/><target dev='vdb' bus='virtio'/></disk></devices>`;
    const xml = guestXml('block-jobs', randomUUID(), disk, server.domainType).replace('</devices>', more);
    const domain = await connection.domains.define(xml);
    await domain.start();
    return { server, connection, domain };
  },
  tests: {
    'a copy gets ready, takes what is written meanwhile, and the domain goes over to it': async (
      t,
      { server, connection, domain },
    ) => {
      const [before = ''] = await layers(domain);
      const copy = `${server.directory}/copy.qcow2`;
      await guestWrites(domain, 'Q');
      const watch = await watchBlockJob(connection, domain, 'vda', bounded());
      const how = { granularity: 65_536, bufferBytes: 1024 * 1024, flags: transientJob };
      await domain.blockJobs.copy('vda', destination(copy), how);
      await watch.ready(bounded());
      const info = await domain.blockJobs.info('vda');
      t.is(info?.type, 'copy');
      t.is(info?.position, info?.end);
      await guestWrites(domain, 'r');
      await domain.blockJobs.abort('vda', { pivot: true });
      t.is(await watch.ended(bounded()), 'completed');
      await watch.stop();
      t.is(await domain.blockJobs.info('vda'), undefined);
      t.deepEqual(await layers(domain), [copy]);
      await guestWrites(domain, 'S');
      await whilePaused(domain, async () => {
        t.true((await holds(server, copy, 'S')) && (await holds(server, copy, 'r')));
        t.true((await holds(server, before, 'Q')) && (await holds(server, before, 'r')));
      });
    },

    'a copy can be slowed down, and ended before it is ready': async (t, { server, connection, domain }) => {
      const [before] = await layers(domain);
      const watch = await watchBlockJob(connection, domain, 'vda', bounded());
      const how = { bandwidth: 1024 * 1024, flags: transientJob };
      await domain.blockJobs.copy('vda', destination(`${server.directory}/slow.qcow2`), how);
      t.is((await domain.blockJobs.info('vda'))?.bandwidth, 1024 * 1024);
      await domain.blockJobs.setSpeed('vda', 65_536);
      t.is((await domain.blockJobs.info('vda'))?.bandwidth, 65_536);
      const early = domain.blockJobs.abort('vda', { pivot: true });
      t.like(await t.throwsAsync(early), { name: 'LibvirtError', code: errorCodes.blockCopyActive });
      const ready = t.throwsAsync(watch.ready(bounded()), { instanceOf: BlockJobError });
      await domain.blockJobs.abort('vda', { async: true });
      t.is(await watch.ended(bounded()), 'canceled');
      t.is((await ready)?.outcome, 'canceled');
      await watch.stop();
      t.deepEqual(await layers(domain), [before]);
    },

    'a copy that is not gone over to is the disk as it was at the end': async (t, context) => {
      const { server, connection, domain } = context;
      const [below = ''] = await layers(domain);
      const top = await addLayer(context, 'top.qcow2');
      const file = await makeLayer(server, 'shallow.qcow2', below, 'qcow2');
      await guestWrites(domain, 'T');
      const watch = await watchBlockJob(connection, domain, 'vda', bounded());
      const flags = transientJob | reuseExternal | shallow;
      await domain.blockJobs.copy('vda', destination(file), { flags });
      await watch.ready(bounded());
      // Who comes later finds it ready.
      const late = await watchBlockJob(connection, domain, 'vda', bounded());
      await late.ready(bounded());
      await late.stop();
      await domain.suspend();
      await domain.blockJobs.abort('vda');
      t.is(await watch.ended(bounded()), 'canceled');
      await watch.stop();
      t.true(await holds(server, file, 'T'));
      t.deepEqual(await layers(domain), [top, below]);
      t.true(await sameContent(server, top, file));
      await domain.resume();
      await guestWrites(domain, 'U');
      t.false(await whilePaused(domain, () => sameContent(server, top, file)));
    },

    'a layer in the middle is committed and deleted, and then the top one, while the guest counts': async (
      t,
      context,
    ) => {
      const { server, connection, domain } = context;
      const [middle = '', below = ''] = await layers(domain);
      const top = await addLayer(context, 'upper.qcow2');
      await guestWrites(domain, 'u');
      t.deepEqual(await layers(domain), [top, middle, below]);
      const count = await countOf(domain, 1);
      const first = await watchBlockJob(connection, domain, 'vda', bounded());
      const flags = blockCommitFlags.delete;
      await domain.blockJobs.commit('vda', { base: below, top: middle, flags });
      t.is(await first.ended(bounded()), 'completed');
      await first.stop();
      t.deepEqual(await layers(domain), [top, below]);
      await t.throwsAsync(server.run('ls', [middle]));
      const second = await watchBlockJob(connection, domain, 'vda', bounded());
      await domain.blockJobs.commit('vda', { base: below, flags: blockCommitFlags.active });
      await second.ready(bounded());
      t.is((await domain.blockJobs.info('vda'))?.type, 'active-commit');
      await domain.blockJobs.abort('vda', { pivot: true });
      t.is(await second.ended(bounded()), 'completed');
      await second.stop();
      t.deepEqual(await layers(domain), [below]);
      t.true((await countOf(domain, count + 1)) > count);
      await whilePaused(domain, async () => {
        t.true((await holds(server, below, 'U')) && (await holds(server, below, 'u')));
        t.regex(await server.run('qemu-img', ['check', '-U', below]), /No errors were found/);
      });
    },

    'lower layers are pulled, down to one and then all': async (t, context) => {
      const { server, connection, domain } = context;
      const [bottom = ''] = await layers(domain);
      const middle = await addLayer(context, 'pull-middle.qcow2');
      await guestWrites(domain, 'V');
      const top = await addLayer(context, 'pull-top.qcow2');
      t.deepEqual(await layers(domain), [top, middle, bottom]);
      for (const base of [bottom, undefined]) {
        const watch = await watchBlockJob(connection, domain, 'vda', bounded());
        await domain.blockJobs.pull('vda', { base, bandwidth: 512 * 1024 * 1024 });
        t.is(await watch.ended(bounded()), 'completed');
        await watch.stop();
        t.deepEqual(await layers(domain), base === undefined ? [top] : [top, base]);
      }
      await whilePaused(domain, async () => {
        t.true(await holds(server, top, 'V'));
        t.true(await sameContent(server, top, middle));
        t.notRegex(await server.run('qemu-img', ['info', '-U', top]), /backing file/);
      });
    },

    'a job that fails rejects': async (t, { connection, domain }) => {
      const watch = await watchBlockJob(connection, domain, 'vdb', bounded());
      await domain.blockJobs.pull('vdb');
      const error = await t.throwsAsync(watch.ended(bounded()), { instanceOf: BlockJobError });
      t.like(error, { outcome: 'failed', disk: 'vdb' });
      await watch.stop();
      t.like(await domain.state(), { state: 'running' });
    },

    'what cannot be is refused': async (t, { server, domain }) => {
      const { blockJobs: jobs } = domain;
      t.is(await jobs.info('vda'), undefined);
      t.like(await t.throwsAsync(jobs.abort('vda')), { name: 'LibvirtError', code: errorCodes.invalidArg });
      t.like(await t.throwsAsync(jobs.setSpeed('vda', 1)), { code: errorCodes.invalidArg });
      t.like(await t.throwsAsync(jobs.pull('vdz')), { code: errorCodes.invalidArg });
      await t.throwsAsync(jobs.commit('vda', { base: '/none' }), { instanceOf: LibvirtError });
      await t.throwsAsync(jobs.copy('vda', '<disk'), { instanceOf: LibvirtError });
      const none = destination(`${server.directory}/none/copy.qcow2`);
      await t.throwsAsync(jobs.copy('vda', none, { flags: transientJob }), { instanceOf: LibvirtError });
      const lasting = jobs.copy('vda', destination(`${server.directory}/lasting.qcow2`));
      t.like(await t.throwsAsync(lasting), { code: errorCodes.operationInvalid }); // it is persistent
      t.is((await t.throwsAsync(jobs.setSpeed('vda', -1)))?.name, 'XdrError');
      t.is((await t.throwsAsync(jobs.copy('vda', none, { bandwidth: 0.5 })))?.name, 'XdrError');
    },

    'who waits is told when the domain stops, or aborts by himself': async (t, context) => {
      const { server, connection, domain } = context;
      const watch = await watchBlockJob(connection, domain, 'vda', bounded());
      const how = { bandwidth: 65_536, flags: transientJob };
      await domain.blockJobs.copy('vda', destination(`${server.directory}/lost.qcow2`), how);
      const aborted = watch.ready({ signal: AbortSignal.abort() });
      t.is((await t.throwsAsync(aborted))?.name, 'AbortError');
      const ended = t.throwsAsync(watch.ended(bounded()), { instanceOf: BlockJobError });
      await domain.destroy();
      t.true(['lost', 'failed', 'canceled'].includes((await ended)?.outcome ?? ''));
      await watch.stop();
    },
  },
  tearDown: async ({ connection, domain }) => {
    await discard(domain);
    await connection.close();
  },
};

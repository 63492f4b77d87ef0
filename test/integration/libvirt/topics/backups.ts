/** Backups of a running domain, pushed and pulled, whole and by checkpoint; compared with the disk byte by byte. */
import { randomUUID } from 'node:crypto';
import type { Connection } from '../../../../src/libvirt/connection.ts';
import { undefineFlags } from '../../../../src/libvirt/constants.ts';
import { backupFlags } from '../../../../src/libvirt/domain/backup.ts';
import {
  checkpointDeleteFlags,
  checkpointFlags,
  checkpointListFlags,
  checkpointXmlFlags,
} from '../../../../src/libvirt/domain/checkpoints.ts';
import type { Domain } from '../../../../src/libvirt/domain.ts';
import { errorCodes } from '../../../../src/libvirt/error-codes.ts';
import { LibvirtError } from '../../../../src/libvirt/errors.ts';
import { discard } from '../discard.ts';
import { record } from '../recorded-events.ts';
import type { Server } from '../server.ts';
import { diskBytes, guestXml } from '../tiny-guest.ts';
import type { Topic } from '../topic.ts';
import { guestWrites, holds, makeWritingDisk, sameContent, whilePaused } from '../writing-guest.ts';

type Context = { server: Server; connection: Connection; domain: Domain; disk: string };

const checkpoint = (name: string, more = '') =>
  `<domaincheckpoint><name>${name}</name>${more}</domaincheckpoint>`;
const names = (checkpoints: readonly { name: string }[]) => checkpoints.map(({ name }) => name).sort();

const since = (name?: string) => (name === undefined ? '' : `<incremental>${name}</incremental>`);

const pushTo = (file: string, from?: string) => `
  <domainbackup mode='push'>${since(from)}
    <disks><disk name='vda' type='file'><driver type='qcow2'/><target file='${file}'/></disk></disks>
  </domainbackup>`;

const pullThrough = (socket: string, scratch: string, from?: string) => `
  <domainbackup mode='pull'>${since(from)}
    <server transport='unix' socket='${socket}'/>
    <disks><disk name='vda' type='file'><scratch file='${scratch}'/></disk></disks>
  </domainbackup>`;

/** Begins a backup to a file and waits until it is there. */
async function push({ connection, domain }: Context, xml: string, checkpointXml?: string, flags = 0) {
  const jobs = await record(connection, 'job-completed');
  await domain.backup.begin(xml, { checkpointXml, flags });
  const { stats } = await jobs.first(({ domain: of }) => of.uuid === domain.uuid);
  await domain.blockJobs.info('vda'); // answered when QEMU has let go of the file
  await jobs.stop();
  return stats;
}

/** Where the guest wrote since the checkpoint, as the served bitmap tells: offsets in bytes. */
async function changed(server: Server, socket: string): Promise<number[]> {
  const image = `driver=nbd,export=vda,server.type=unix,server.path=${socket},x-dirty-bitmap=qemu:dirty-bitmap:backup-vda`;
  const printed = await server.run('qemu-img', ['map', '--output=json', '--image-opts', image]);
  const extents = JSON.parse(printed) as { start: number; length: number; data: boolean }[];
  return extents.filter(({ data }) => !data).map(({ start }) => start);
}

export const backups: Topic<Context> = {
  name: 'backups',
  setUp: async (server) => {
    const disk = await makeWritingDisk(server, 'backups.qcow2');
    const connection = await server.connect(server.qemuUri);
    const xml = guestXml('backups', randomUUID(), disk, server.domainType);
    const domain = await connection.domains.define(xml);
    await domain.start();
    return { server, connection, domain, disk };
  },
  tests: {
    'a whole backup is the disk, and begins a checkpoint': async (t, context) => {
      const { server, domain, disk } = context;
      await guestWrites(domain, 'Q');
      const full = `${server.directory}/full.qcow2`;
      const stats = await push(context, pushTo(full), checkpoint('monday'));
      t.is(stats.operation, 'backup');
      t.is(stats.disk.totalBytes, diskBytes);
      t.is(stats.disk.processedBytes, diskBytes);
      t.deepEqual(names(await domain.checkpoints.list()), ['monday']);
      t.true(await whilePaused(domain, () => sameContent(server, full, disk)));
      t.regex(await server.run('qemu-img', ['check', full]), /No errors were found/);
    },

    'an incremental backup has what was written since, and on top of the whole one is the disk': async (
      t,
      context,
    ) => {
      const { server, domain, disk } = context;
      const full = `${server.directory}/full.qcow2`;
      const part = `${server.directory}/part.qcow2`;
      await guestWrites(domain, 'R');
      t.false(await whilePaused(domain, () => sameContent(server, full, disk)));
      await push(context, pushTo(part, 'monday'), checkpoint('tuesday'));
      t.deepEqual(names(await domain.checkpoints.list()), ['monday', 'tuesday']);
      await server.run('qemu-img', ['rebase', '-u', '-F', 'qcow2', '-b', full, part]);
      t.true(await whilePaused(domain, () => sameContent(server, part, disk)));
      const { length } = JSON.parse(await server.run('qemu-img', ['map', '--output=json', part]))
        .filter(({ depth, data }: { depth: number; data: boolean }) => depth === 0 && data)
        .at(0);
      t.is(length, 64 * 1024); // one cluster of the disk, no more
    },

    'a backup can be written onto a file that exists': async (t, context) => {
      const { server, domain, disk } = context;
      const file = `${server.directory}/existing.qcow2`;
      await server.run('qemu-img', ['create', '-q', '-f', 'qcow2', file, `${diskBytes}`]);
      await push(context, pushTo(file), undefined, backupFlags.reuseExternal);
      t.true(await whilePaused(domain, () => sameContent(server, file, disk)));
    },

    'a served backup stays as it was while the guest writes, until it is ended': async (t, context) => {
      const { server, connection, domain, disk } = context;
      const socket = `${server.directory}/nbd.sock`;
      const pulled = `${server.directory}/pulled.qcow2`;
      await domain.backup.begin(pullThrough(socket, `${server.directory}/scratch.qcow2`));
      const xml = await domain.backup.xml();
      t.regex(xml, /mode='pull'/);
      t.true(xml.includes(socket));
      t.is((await domain.jobStats()).operation, 'backup');
      await guestWrites(domain, 'S');
      const from = ['-f', 'raw', '-O', 'qcow2', `nbd+unix:///vda?socket=${socket}`, pulled];
      await server.run('qemu-img', ['convert', ...from]);
      const jobs = await record(connection, 'job-completed');
      await domain.abortJob();
      t.is((await jobs.first()).domain.uuid, domain.uuid);
      await jobs.stop();
      t.true(await sameContent(server, pulled, `${server.directory}/part.qcow2`));
      await whilePaused(domain, async () => {
        t.true(await holds(server, disk, 'S'));
        t.false(await sameContent(server, pulled, disk));
      });
      const over = await t.throwsAsync(domain.backup.xml(), { instanceOf: LibvirtError });
      t.is(over?.code, errorCodes.noDomainBackup);
    },

    'a served incremental backup tells what was written since': async (t, context) => {
      const { server, domain } = context;
      await guestWrites(domain, 't');
      const socket = `${server.directory}/nbd-part.sock`;
      await domain.backup.begin(pullThrough(socket, `${server.directory}/scratch.qcow2`, 'tuesday'));
      t.deepEqual(await changed(server, socket), [4 * 1024 * 1024, 6 * 1024 * 1024]);
      await domain.abortJob();
    },

    'checkpoints form a row, and tell how much was written since': async (t, { domain }) => {
      const third = await domain.checkpoints.create(checkpoint('wednesday', '<description>3</description>'));
      const first = await domain.checkpoints.byName('monday');
      t.deepEqual(third.handle, { name: 'wednesday', dom: domain.handle });
      t.deepEqual(names(await domain.checkpoints.list(checkpointListFlags.roots)), ['monday']);
      t.deepEqual(names(await domain.checkpoints.list(checkpointListFlags.leaves)), ['wednesday']);
      t.deepEqual(names(await first.children()), ['tuesday']);
      t.deepEqual(names(await first.children(checkpointListFlags.descendants)), ['tuesday', 'wednesday']);
      t.is((await third.parent()).name, 'tuesday');
      t.like(await t.throwsAsync(first.parent()), { code: errorCodes.noDomainCheckpoint });
      t.regex(await third.xml(), /<description>3<\/description>/);
      t.regex(await third.xml(), /<domain /);
      const flags = checkpointXmlFlags.noDomain | checkpointXmlFlags.size;
      t.notRegex(await third.xml(flags), /<domain /);
      t.regex(await third.xml(flags), /size='0'/);
      await guestWrites(domain, 'U');
      t.regex(await third.xml(flags), /size='65536'/);
      t.regex(await (await domain.checkpoints.byName('tuesday')).xml(flags), /size='131072'/);
    },

    'a checkpoint is forgotten, made known again, and deleted with what came after it': async (
      t,
      { domain },
    ) => {
      const third = await domain.checkpoints.byName('wednesday');
      const xml = await third.xml();
      await third.delete(checkpointDeleteFlags.metadataOnly);
      t.deepEqual(names(await domain.checkpoints.list()), ['monday', 'tuesday']);
      const redefine = checkpointFlags.redefine | checkpointFlags.redefineValidate;
      await domain.checkpoints.create(xml, redefine);
      t.deepEqual(names(await domain.checkpoints.list()), ['monday', 'tuesday', 'wednesday']);
      await (await domain.checkpoints.byName('tuesday')).delete(checkpointDeleteFlags.children);
      t.deepEqual(names(await domain.checkpoints.list()), ['monday']);
      await (await domain.checkpoints.byName('monday')).delete();
      t.deepEqual(await domain.checkpoints.list(), []);
    },

    'what cannot be is refused; a checkpoint outlives its process': async (t, { server, domain, disk }) => {
      const none = { name: 'LibvirtError', code: errorCodes.noDomainCheckpoint };
      t.like(await t.throwsAsync(domain.checkpoints.byName('monday')), none);
      const file = `${server.directory}/none.qcow2`;
      t.like(await t.throwsAsync(domain.backup.begin(pushTo(file, 'monday'))), none);
      await t.throwsAsync(domain.backup.begin('<domainbackup'), { instanceOf: LibvirtError });
      await t.throwsAsync(domain.checkpoints.create('<domaincheckpoint'), { instanceOf: LibvirtError });
      const quiet = domain.checkpoints.create(checkpoint('quiet'), checkpointFlags.quiesce);
      await t.throwsAsync(quiet, { instanceOf: LibvirtError }); // the guest has no agent
      await domain.checkpoints.create(checkpoint('sunday'));
      await domain.destroy();
      const bitmaps = await server.run('qemu-img', ['info', disk]);
      t.deepEqual(bitmaps.match(/(?<=name: )\w+/g), ['sunday']);
      const off = domain.backup.begin(pushTo(file));
      t.like(await t.throwsAsync(off), { name: 'LibvirtError' });
      await domain.undefine(undefineFlags.checkpointsMetadata);
    },
  },
  tearDown: async ({ connection, domain }) => {
    await discard(domain);
    await connection.close();
  },
};

/** Snapshots of a running domain, within its disk and outside of it; the guest's count and its bytes are looked at. */
import { randomUUID } from 'node:crypto';
import type { Connection } from '../../../../src/libvirt/connection.ts';
import { consoleFlags, undefineFlags } from '../../../../src/libvirt/constants.ts';
import { watchBlockJob } from '../../../../src/libvirt/domain/block-job-watch.ts';
import { blockCommitFlags } from '../../../../src/libvirt/domain/block-jobs.ts';
import {
  snapshotDeleteFlags,
  snapshotFlags,
  snapshotListFlags,
  snapshotRevertFlags,
  snapshotXmlFlags,
} from '../../../../src/libvirt/domain/snapshots.ts';
import type { Domain } from '../../../../src/libvirt/domain.ts';
import { errorCodes } from '../../../../src/libvirt/error-codes.ts';
import { LibvirtError } from '../../../../src/libvirt/errors.ts';
import { countOf, readUntil } from '../console-reader.ts';
import { discard } from '../discard.ts';
import type { Server } from '../server.ts';
import { countsIn, guestXml } from '../tiny-guest.ts';
import type { Topic } from '../topic.ts';
import { guestWrites, holds, makeWritingDisk, whilePaused } from '../writing-guest.ts';

type Context = { server: Server; connection: Connection; domain: Domain; disk: string };

const named = (name: string, more = '') => `<domainsnapshot><name>${name}</name>${more}</domainsnapshot>`;
const names = (snapshots: readonly { name: string }[]) => snapshots.map(({ name }) => name).sort();
const bounded = () => ({ signal: AbortSignal.timeout(60_000) });

export const snapshots: Topic<Context> = {
  name: 'snapshots',
  setUp: async (server) => {
    const disk = await makeWritingDisk(server, 'snapshots.qcow2');
    const connection = await server.connect(server.qemuUri);
    const xml = guestXml('snapshots', randomUUID(), disk, server.domainType);
    const domain = await connection.domains.define(xml);
    await domain.start();
    return { server, connection, domain, disk };
  },
  tests: {
    'without a snapshot there is none to find': async (t, { domain }) => {
      t.deepEqual(await domain.snapshots.list(), []);
      t.false(await domain.snapshots.hasCurrent());
      const none = { name: 'LibvirtError', code: errorCodes.noDomainSnapshot };
      t.like(await t.throwsAsync(domain.snapshots.current()), none);
      t.like(await t.throwsAsync(domain.snapshots.byName('none')), none);
    },

    'memory and disk come back as they were': async (t, { server, domain, disk }) => {
      await guestWrites(domain, 'Q');
      const before = await countOf(domain, 30);
      const snapshot = await domain.snapshots.create(named('first'));
      t.is(snapshot.name, 'first');
      t.like(await domain.state(), { state: 'running' });
      await guestWrites(domain, 'R');
      const later = await countOf(domain, before + 40);
      t.true(await whilePaused(domain, () => holds(server, disk, 'R')));
      await snapshot.revert(snapshotRevertFlags.paused);
      t.like(await domain.state(), { state: 'paused', reason: 'from-snapshot' });
      t.true(await holds(server, disk, 'Q'));
      const stream = await domain.openConsole({ flags: consoleFlags.force });
      await domain.resume();
      const [back = -1] = countsIn(await readUntil(stream, (printed) => countsIn(printed).length > 0));
      stream.destroy();
      t.true(back >= before && back < later);
      t.true((await countOf(domain, back + 1)) > back);
    },

    'snapshots form a tree': async (t, { domain }) => {
      const first = await domain.snapshots.byName('first');
      const second = await domain.snapshots.create(named('second', '<description>two</description>'));
      const third = await domain.snapshots.create(named('third'));
      t.deepEqual(names(await domain.snapshots.list()), ['first', 'second', 'third']);
      t.deepEqual(names(await domain.snapshots.list(snapshotListFlags.roots)), ['first']);
      t.deepEqual(names(await domain.snapshots.list(snapshotListFlags.leaves)), ['third']);
      t.deepEqual(names(await domain.snapshots.list(snapshotListFlags.external)), []);
      t.deepEqual(names(await first.children()), ['second']);
      t.deepEqual(names(await first.children(snapshotListFlags.descendants)), ['second', 'third']);
      t.is((await third.parent()).name, 'second');
      const orphan = await t.throwsAsync(first.parent(), { instanceOf: LibvirtError });
      t.is(orphan?.code, errorCodes.noDomainSnapshot);
      t.true(await domain.snapshots.hasCurrent());
      t.is((await domain.snapshots.current()).name, 'third');
      t.deepEqual([await first.isCurrent(), await third.isCurrent()], [false, true]);
      t.true(await second.hasMetadata());
      const xml = await second.xml(snapshotXmlFlags.secure);
      t.regex(xml, /<description>two<\/description>/);
      t.regex(xml, /<memory snapshot='internal'\/>/);
      t.deepEqual(third.handle, { name: 'third', dom: domain.handle });
    },

    'a snapshot is forgotten, made known again, and deleted with what came after it': async (
      t,
      { server, domain, disk },
    ) => {
      const onDisk = async () =>
        (await server.run('qemu-img', ['snapshot', '-U', '-l', disk])).match(/first|second|third/g);
      const third = await domain.snapshots.byName('third');
      const xml = await third.xml();
      await third.delete(snapshotDeleteFlags.metadataOnly);
      t.deepEqual(names(await domain.snapshots.list()), ['first', 'second']);
      t.deepEqual(await onDisk(), ['first', 'second', 'third']);
      const again = await domain.snapshots.create(xml, snapshotFlags.redefine | snapshotFlags.current);
      t.true(await again.isCurrent());
      await (await domain.snapshots.byName('second')).delete(snapshotDeleteFlags.children);
      t.deepEqual(names(await domain.snapshots.list()), ['first']);
      t.deepEqual(await onDisk(), ['first']);
      await (await domain.snapshots.byName('first')).delete();
      t.is(await onDisk(), null);
      t.deepEqual(await domain.snapshots.list(), []);
    },

    'a new layer takes what is written, and is committed back while the guest counts': async (
      t,
      { server, connection, domain, disk },
    ) => {
      const layer = `${server.directory}/layer.qcow2`;
      const disks = `<disks><disk name='vda' snapshot='external'><source file='${layer}'/></disk></disks>`;
      const count = await countOf(domain, 1);
      const flags = snapshotFlags.diskOnly | snapshotFlags.atomic;
      const snapshot = await domain.snapshots.create(named('outside', disks), flags);
      t.deepEqual(names(await domain.snapshots.list(snapshotListFlags.diskOnly)), ['outside']);
      await guestWrites(domain, 'S');
      await whilePaused(domain, async () => {
        t.true(await holds(server, layer, 'S'));
        t.true(await holds(server, disk, 'Q'));
      });
      const watch = await watchBlockJob(connection, domain, 'vda', bounded());
      await domain.blockJobs.commit('vda', { flags: blockCommitFlags.active | blockCommitFlags.shallow });
      await watch.ready(bounded());
      await domain.blockJobs.abort('vda', { pivot: true });
      t.is(await watch.ended(bounded()), 'completed');
      await watch.stop();
      await snapshot.delete(snapshotDeleteFlags.metadataOnly);
      t.notRegex(await domain.xml(), /layer\.qcow2/);
      t.true((await countOf(domain, count + 1)) > count);
      await guestWrites(domain, 't');
      await whilePaused(domain, async () => {
        t.true((await holds(server, disk, 'S')) && (await holds(server, disk, 't')));
        t.regex(await server.run('qemu-img', ['check', '-U', disk]), /No errors were found/);
      });
    },

    'a snapshot can end the domain; its state starts again from there': async (t, { domain }) => {
      const count = await countOf(domain, 1);
      const snapshot = await domain.snapshots.create(named('halted'), snapshotFlags.halt);
      t.like(await domain.state(), { state: 'shutoff', reason: 'from-snapshot' });
      await snapshot.revert(snapshotRevertFlags.running);
      t.like(await domain.state(), { state: 'running', reason: 'from-snapshot' });
      t.true((await countOf(domain, count)) >= count);
    },

    'what cannot be is refused': async (t, { domain }) => {
      const quiet = domain.snapshots.create(named('quiet'), snapshotFlags.diskOnly | snapshotFlags.quiesce);
      await t.throwsAsync(quiet, { instanceOf: LibvirtError, message: /agent/ }); // the guest has none
      await t.throwsAsync(domain.snapshots.create('<domainsnapshot'), { instanceOf: LibvirtError });
      const twice = domain.snapshots.create(named('halted'));
      t.like(await t.throwsAsync(twice), { name: 'LibvirtError', code: errorCodes.operationFailed });
      const contradiction = snapshotFlags.current; // needs `redefine`
      t.like(await t.throwsAsync(domain.snapshots.create(named('x'), contradiction)), {
        name: 'LibvirtError',
        code: errorCodes.invalidArg,
      });
      await domain.destroy();
      const kept = { name: 'LibvirtError', code: errorCodes.operationInvalid };
      t.like(await t.throwsAsync(domain.undefine()), kept);
      await domain.undefine(undefineFlags.snapshotsMetadata);
    },
  },
  tearDown: async ({ connection, domain }) => {
    await discard(domain);
    await connection.close();
  },
};

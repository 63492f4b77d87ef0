/** What is known of a running domain's disks, and what may be set. */
import { randomUUID } from 'node:crypto';
import { affectFlags } from '../../../../src/libvirt/affect.ts';
import type { Connection } from '../../../../src/libvirt/connection.ts';
import type { Domain } from '../../../../src/libvirt/domain.ts';
import { errorCodes } from '../../../../src/libvirt/error-codes.ts';
import { LibvirtError } from '../../../../src/libvirt/errors.ts';
import { discard } from '../discard.ts';
import { record } from '../recorded-events.ts';
import type { Server } from '../server.ts';
import { diskBytes, guestXml } from '../tiny-guest.ts';
import type { Topic } from '../topic.ts';
import { makeUnreadableDisk } from '../unreadable-disk.ts';
import { guestWrites, makeWritingDisk } from '../writing-guest.ts';

type Context = { server: Server; connection: Connection; domain: Domain; disk: string };

const MiB = 1024 * 1024;

const rawDisk = (path: string) => `
  <disk type='file' device='disk'>
    <driver name='qemu' type='raw'/><source file='${path}'/><target dev='vdb' bus='virtio'/>
  </disk>`;

const withDisk = (xml: string, disk: string) => xml.replace('</devices>', `${disk}</devices>`);

export const disks: Topic<Context> = {
  name: 'disks',
  setUp: async (server) => {
    const disk = await makeWritingDisk(server, 'disks.qcow2');
    const second = await server.write('disks-second.raw', Buffer.alloc(4 * MiB, 'libvirt '));
    const connection = await server.connect(server.qemuUri);
    const xml = withDisk(guestXml('disks', randomUUID(), disk, server.domainType), rawDisk(second));
    const domain = await connection.domains.define(xml);
    await domain.start();
    return { server, connection, domain, disk };
  },
  tests: {
    'sizes are told': async (t, { domain, disk }) => {
      const info = await domain.disks.info('vda');
      t.is(info.capacity, diskBytes);
      t.true(info.allocation > 0 && info.physical > 0 && info.physical < diskBytes);
      t.deepEqual(await domain.disks.info(disk), info);
      t.is((await domain.disks.info('vdb')).capacity, 4 * MiB);
    },

    'requests are counted, and the time that they took': async (t, { domain }) => {
      const before = await domain.disks.detailedStats('vda');
      await guestWrites(domain, 'Q');
      const after = await domain.disks.detailedStats('vda');
      t.true((after.readBytes ?? 0) >= 512);
      t.is((after.writeBytes ?? 0) - (before.writeBytes ?? 0), 32 * 1024);
      t.true((after.writeRequests ?? 0) > (before.writeRequests ?? 0));
      t.true((after.writeTimeNs ?? 0) > (before.writeTimeNs ?? 0));
      t.true((after.flushRequests ?? -1) >= 0);
      t.is((await domain.disks.stats('vda')).writeBytes, after.writeBytes);
      t.is((await domain.disks.stats('')).writeBytes, after.writeBytes);
    },

    'a disk grows while its guest runs': async (t, { domain }) => {
      await domain.disks.resize('vdb', 8 * MiB);
      t.is((await domain.disks.info('vdb')).capacity, 8 * MiB);
      t.is((await domain.disks.info('vdb')).physical, 8 * MiB);
    },

    'bytes of a raw disk can be read': async (t, { domain }) => {
      t.is(Buffer.from(await domain.disks.peek('vdb', 800, 16)).toString(), 'libvirt libvirt ');
      const most = await domain.disks.peek('vdb', 0, 4 * MiB);
      t.is(most.length, 4 * MiB);
      const beyond = domain.disks.peek('vdb', 8 * MiB - 8, 16);
      t.like(await t.throwsAsync(beyond), { name: 'LibvirtError', code: errorCodes.invalidArg });
      const layered = domain.disks.peek('vda', 0, 16);
      t.like(await t.throwsAsync(layered), { code: errorCodes.operationUnsupported });
      await t.throwsAsync(domain.disks.peek('vdb', 0, 4 * MiB + 1), { instanceOf: LibvirtError });
    },

    'requests can be limited, now and for later': async (t, { domain }) => {
      t.like(await domain.disks.ioTune('vda'), { totalBytesPerSecond: 0, readRequestsPerSecond: 0 });
      const limits = { writeBytesPerSecond: 50 * MiB, readRequestsPerSecond: 1000, group: 'slow ones' };
      await domain.disks.setIoTune('vda', { ...limits, writeBytesPerSecondMax: 60 * MiB });
      t.like(await domain.disks.ioTune('vda', affectFlags.live), {
        ...limits,
        writeBytesPerSecondMax: 60 * MiB,
      });
      t.is((await domain.disks.ioTune('vda', affectFlags.config)).writeBytesPerSecond, 0);
      await domain.disks.setIoTune('vda', { totalRequestsPerSecond: 500 }, affectFlags.config);
      t.is((await domain.disks.ioTune('vda', affectFlags.config)).totalRequestsPerSecond, 500);
      t.like(await domain.disks.ioTune('vda'), limits);
      const both = domain.disks.setIoTune('vda', { totalBytesPerSecond: MiB, readBytesPerSecond: MiB });
      t.like(await t.throwsAsync(both), { name: 'LibvirtError', code: errorCodes.invalidArg });
    },

    'a write beyond a mark is told, and not told again': async (t, { connection, domain }) => {
      const told = await record(connection, 'block-threshold');
      await domain.disks.setThreshold('vda', 128 * 1024);
      await guestWrites(domain, 'q');
      const event = await told.first(({ device }) => device === 'vda');
      t.like(event, { thresholdBytes: 128 * 1024, domain: { uuid: domain.uuid } });
      t.true(event.excessBytes > 0);
      const { length } = told.events;
      await guestWrites(domain, 'r');
      await domain.disks.setThreshold('vda', 0);
      await told.stop();
      t.is(told.events.length, length);
    },

    'a disk that fails stops its guest and is named': async (t, { server, connection, domain }) => {
      t.deepEqual(await domain.disks.errors(), []);
      const disk = await makeUnreadableDisk(server);
      const xml = guestXml('broken', randomUUID(), disk, server.domainType);
      const policy = "type='qcow2' error_policy='stop' rerror_policy='stop'/>";
      const life = await record(connection, 'lifecycle');
      const errors = await record(connection, 'io-error');
      const broken = await connection.domains.create(xml.replace("type='qcow2'/>", policy));
      await life.first(({ event, detail }) => event === 'suspended' && detail === 'io-error');
      t.like(await broken.state(), { state: 'paused', reason: 'io-error' });
      t.deepEqual(await broken.disks.errors(), [{ disk: 'vda', error: 'unspecified' }]);
      t.like(await errors.first(), { path: disk, action: 'pause', domain: { name: 'broken' } });
      await Promise.all([life.stop(), errors.stop()]);
      await broken.destroy();
    },

    'what is not there is refused': async (t, { domain }) => {
      const none = { name: 'LibvirtError', code: errorCodes.invalidArg };
      t.like(await t.throwsAsync(domain.disks.info('vdz')), none);
      t.like(await t.throwsAsync(domain.disks.resize('vdz', MiB)), none);
      t.like(await t.throwsAsync(domain.disks.detailedStats('vdz')), none);
      t.like(await t.throwsAsync(domain.disks.setThreshold('vdz', 1)), none);
      await t.throwsAsync(domain.disks.ioTune('vdz'), { instanceOf: LibvirtError });
      t.is((await t.throwsAsync(domain.disks.resize('vda', -1)))?.name, 'XdrError');
      const half = domain.disks.setIoTune('vda', { readBytesPerSecond: 0.5 });
      t.like(await t.throwsAsync(half), {
        name: 'XdrError',
        message: 'read_bytes_sec: 0.5 is not a whole quantity.',
      });
    },
  },
  tearDown: async ({ connection, domain }) => {
    await discard(domain);
    await connection.close();
  },
};

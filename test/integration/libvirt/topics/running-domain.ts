/** One real, tiny domain of libvirt's QEMU driver. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Connection } from '../../../../src/libvirt/connection.ts';
import { consoleFlags, shutdownFlags, startFlags } from '../../../../src/libvirt/constants.ts';
import type { Domain } from '../../../../src/libvirt/domain.ts';
import { LibvirtError } from '../../../../src/libvirt/errors.ts';
import { countOf, readUntil } from '../console-reader.ts';
import { guestXml, makeOverlay, writeBase } from '../tiny-guest.ts';
import type { Topic } from '../topic.ts';

type Context = { connection: Connection; domain: Domain };

export const runningDomain: Topic<Context> = {
  name: 'running-domain',
  setUp: async (server) => {
    const disk = await makeOverlay(server, await writeBase(server), true);
    const connection = await server.connect(server.qemuUri);
    const domain = await connection.domains.define(guestXml('tiny', randomUUID(), disk, server.domainType));
    return { connection, domain };
  },
  tests: {
    'a paused domain exists but does not run until it is resumed': async (t, { domain }) => {
      await domain.start(startFlags.paused);
      t.like(await domain.state(), { state: 'paused', reason: 'user' });
      await domain.resume();
      t.like(await domain.state(), { state: 'running' });
      t.true((await countOf(domain, 5)) >= 5);
    },

    'the console carries bytes both ways': async (t, { domain }) => {
      const stream = await domain.openConsole({ flags: consoleFlags.force });
      const answer = readUntil(stream, (printed) => printed.includes('X'));
      stream.write('x');
      t.regex(await answer, /X/);
      stream.end();
      stream.resume();
      await once(stream, 'close');
      t.is(stream.errored, null);
    },

    'a console that nobody reads holds up no other call': async (t, { domain }) => {
      const stream = await domain.openConsole({ flags: consoleFlags.force });
      stream.write('unread');
      for (let round = 0; round < 20; round += 1) t.like(await domain.state(), { state: 'running' });
      stream.destroy();
    },

    'a console that is taken by another ends with an error': async (t, { domain }) => {
      const first = await domain.openConsole({ flags: consoleFlags.force });
      const failed = once(first, 'close').catch((error: unknown) => error);
      await t.throwsAsync(domain.openConsole(), { instanceOf: LibvirtError });
      const count = await countOf(domain, 1);
      t.true(count >= 1);
      t.true((await failed) instanceof LibvirtError);
    },

    'a running domain tells its numbers': async (t, { connection, domain }) => {
      t.like(await domain.info(), { state: 'running', maxMemoryKiB: 32_768, vcpus: 1 });
      t.true(((await domain.memory.stats()).rssKiB ?? 0) > 0);
      t.is((await domain.disks.info('vda')).capacity, 16 * 1024 * 1024);
      t.true(((await domain.disks.stats('vda')).readBytes ?? 0) >= 512);
      t.is((await domain.jobStats()).type, 'none');
      t.is((await domain.jobInfo()).type, 'none');
      await domain.migration.setMaxDowntime(750);
      t.is(await domain.migration.maxDowntime(), 750);
      await domain.migration.setMaxSpeed(512);
      t.is(await domain.migration.maxSpeed(), 512);
      t.regex(await connection.domainCapabilities({ virtType: 'qemu' }), /<domainCapabilities>/);
      await t.throwsAsync(domain.abortJob(), { instanceOf: LibvirtError });
    },

    'a shutdown is only a request; a new start begins anew': async (t, { domain }) => {
      await countOf(domain, 60);
      await domain.shutdown(shutdownFlags.acpiPowerButton); // which this guest does not hear
      t.like(await domain.state(), { state: 'running' });
      await domain.destroy();
      await domain.start();
      t.true((await countOf(domain, 1)) < 60);
    },

    'a console ends when its domain is destroyed': async (t, { domain }) => {
      const stream = await domain.openConsole({ flags: consoleFlags.force });
      stream.resume();
      const closed = once(stream, 'close').catch((error: Error) => error);
      await domain.destroy();
      await closed;
      t.true(stream.destroyed);
      await domain.undefine();
    },
  },
  tearDown: ({ connection }) => connection.close(),
};

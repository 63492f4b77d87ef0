/** A real, tiny domain that ends and goes on where it was. */
import { randomUUID } from 'node:crypto';
import type { Connection } from '../../../../src/libvirt/connection.ts';
import { startFlags } from '../../../../src/libvirt/constants.ts';
import { dumpFlags, saveFlags } from '../../../../src/libvirt/domain/saves.ts';
import type { Domain } from '../../../../src/libvirt/domain.ts';
import { errorCodes } from '../../../../src/libvirt/error-codes.ts';
import { LibvirtError } from '../../../../src/libvirt/errors.ts';
import { countOf } from '../console-reader.ts';
import type { Server } from '../server.ts';
import { guestXml, makeOverlay, writeBase } from '../tiny-guest.ts';
import type { Topic } from '../topic.ts';

type Context = { server: Server; connection: Connection; domain: Domain };

const titled = (xml: string, title: string): string =>
  xml.replace('</uuid>', `</uuid><title>${title}</title>`);

export const saves: Topic<Context> = {
  name: 'saves',
  setUp: async (server) => {
    const disk = await makeOverlay(server, await writeBase(server), false);
    const connection = await server.connect(server.qemuUri);
    const xml = guestXml('saved', randomUUID(), disk, server.domainType);
    const domain = await connection.domains.define(xml);
    await domain.start();
    return { server, connection, domain };
  },
  tests: {
    'it is saved to a file, and goes on from there': async (t, { server, connection, domain }) => {
      const path = `${server.directory}/saved.img`;
      const before = await countOf(domain, 20);
      await domain.saves.to(path);
      t.like(await domain.state(), { state: 'shutoff', reason: 'saved' });
      await connection.saveImages.defineXml(path, titled(await connection.saveImages.xml(path), 'was saved'));
      t.regex(await connection.saveImages.xml(path), /was saved/);
      await connection.saveImages.restore(path, { flags: saveFlags.paused });
      t.like(await domain.state(), { state: 'paused' });
      t.is(await domain.metadata.get('title'), 'was saved');
      await domain.resume();
      t.true((await countOf(domain, 1)) >= before);
      const gone = await t.throwsAsync(connection.saveImages.restore(`${path}.none`), {
        instanceOf: LibvirtError,
      });
      t.is(gone?.code, errorCodes.systemError);
    },

    'the daemon keeps its memory until the next start': async (t, { domain }) => {
      const before = await countOf(domain, 20);
      await domain.saves.managed();
      t.true(await domain.saves.hasManaged());
      await domain.saves.defineManagedXml(titled(await domain.saves.managedXml(), 'was kept'));
      t.regex(await domain.saves.managedXml(), /was kept/);
      await domain.start();
      t.is(await domain.metadata.get('title'), 'was kept');
      t.true((await countOf(domain, 1)) >= before);
      const none = await t.throwsAsync(domain.saves.managedXml(), { instanceOf: LibvirtError });
      t.is(none?.code, errorCodes.operationInvalid);
    },

    'kept memory may be forgotten': async (t, { domain }) => {
      const before = await countOf(domain, 40);
      await domain.saves.managed();
      await domain.saves.removeManaged();
      t.false(await domain.saves.hasManaged());
      await domain.start(startFlags.forceBoot);
      t.true((await countOf(domain, 1)) < before);
    },

    'its memory is written for a debugger, and it runs on': async (t, { server, domain }) => {
      const path = `${server.directory}/core`;
      await domain.saves.dump(path, { flags: dumpFlags.memoryOnly });
      t.regex(await server.run('head', ['-c', '4', path]), /ELF/);
      t.like(await domain.state(), { state: 'running' });
      const wrong = domain.saves.dump(path, { format: 'kdump-zlib' });
      t.like(await t.throwsAsync(wrong, { instanceOf: LibvirtError }), { codeName: 'operationUnsupported' });
    },
  },
  tearDown: async ({ connection, domain }) => {
    if (await domain.isActive()) await domain.destroy();
    await domain.undefine();
    await connection.close();
  },
};

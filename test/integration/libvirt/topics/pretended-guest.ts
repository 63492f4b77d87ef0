/** A pretended domain's life and what its inside would say, with libvirtd's `test` driver. */
import { buffer } from 'node:stream/consumers';
import type { Connection } from '../../../../src/libvirt/connection.ts';
import type { Domain } from '../../../../src/libvirt/domain.ts';
import { errorCodes } from '../../../../src/libvirt/error-codes.ts';
import { pretendedXml } from '../pretended-domain.ts';
import { refusal } from '../refusal.ts';
import type { Server } from '../server.ts';
import type { Topic } from '../topic.ts';

type Context = { server: Server; connection: Connection; domain: Domain };

export const pretendedGuest: Topic<Context> = {
  name: 'pretended-guest',
  setUp: async (server) => {
    const connection = await server.connect('test:///default');
    const domain = await connection.domains.define(pretendedXml('pretended'));
    await domain.start();
    return { server, connection, domain };
  },
  tests: {
    'keys, an interrupt and a picture of the screen': async (t, { domain }) => {
      await domain.screen.sendKeys({ keys: [28] });
      await domain.screen.injectNmi();
      const picture = await buffer(await domain.screen.screenshot());
      t.true(picture.length > 1000);
      t.is(picture.subarray(1, 4).toString(), 'PNG');
      const many = domain.screen.sendKeys({ keys: Array.from({ length: 17 }, () => 1) });
      await t.throwsAsync(many, { name: 'XdrError' });
    },

    'its memory is saved to a file, and restored': async (t, { server, connection, domain }) => {
      const path = `${server.directory}/pretended.save`;
      await domain.saves.to(path);
      t.like(await domain.state(), { state: 'shutoff', reason: 'saved' });
      const xml = await connection.saveImages.xml(path);
      t.regex(xml, /<name>pretended</);
      await connection.saveImages.defineXml(path, xml.replace('</name>', '</name><title>saved</title>'));
      t.regex(await connection.saveImages.xml(path), /<title>saved</);
      await connection.saveImages.restore(path);
      t.like(await domain.state(), { state: 'running', reason: 'restored' });
      await refusal(t, connection.saveImages.xml(`${path}.none`), errorCodes.systemError);
    },

    'it is saved to a file of the daemon, from which it starts': async (t, { domain }) => {
      t.false(await domain.saves.hasManaged());
      await domain.saves.managed();
      t.true(await domain.saves.hasManaged());
      await domain.saves.removeManaged();
      t.false(await domain.saves.hasManaged());
      await refusal(t, domain.saves.managed(), errorCodes.operationInvalid);
      await domain.start();
    },

    'its memory is written for a debugger': async (t, { server, domain }) => {
      await domain.saves.dump(`${server.directory}/core`);
      t.true((await domain.isActive()) === true);
      const nowhere = domain.saves.dump('/nowhere/at/all');
      await refusal(t, nowhere, errorCodes.systemError);
    },

    'a reboot restarts it': async (t, { domain }) => {
      await domain.power.reboot();
      t.like(await domain.state(), { state: 'running' });
    },

    'what its agent would say': async (t, { domain }) => {
      const { guest } = domain;
      t.truthy(await guest.hostname());
      t.deepEqual(
        (await guest.fileSystems()).map(({ mountPoint }) => mountPoint),
        ['/', '/boot'],
      );
      t.is(await guest.freeze(), 2);
      t.is(await guest.thaw(), 2);
      await guest.trim();
      await guest.setTime(1_700_000_000_500);
      t.is(await guest.time(), 1_700_000_000_500);
      await guest.setPassword('someone', { text: 'secret' });
      await refusal(t, guest.info(), errorCodes.noSupport);
    },
  },
  tearDown: ({ connection }) => connection.close(),
};

/** Secrets of the machine's daemon; the test driver has none. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Connection } from '../../../../src/libvirt/connection.ts';
import { errorCodes } from '../../../../src/libvirt/error-codes.ts';
import { LibvirtError } from '../../../../src/libvirt/errors.ts';
import { secretListFlags } from '../../../../src/libvirt/secret.ts';
import { answers, skipped } from '../driver-presence.ts';
import type { Topic } from '../topic.ts';

type Context = { connection: Connection; there: boolean };

type Kind = { ephemeral?: boolean; isPrivate?: boolean };

const definition = (uuid: string, usage: string, { ephemeral = true, isPrivate = false }: Kind = {}) => `
  <secret ephemeral='${ephemeral ? 'yes' : 'no'}' private='${isPrivate ? 'yes' : 'no'}'>
    <uuid>${uuid}</uuid><description>of a test</description>
    <usage type='ceph'><name>${usage}</name></usage>
  </secret>`;

export const secrets: Topic<Context> = {
  name: 'secrets',
  setUp: async (server) => {
    const connection = await server.connect(server.qemuUri);
    return { connection, there: await answers(() => connection.secrets.list()) };
  },
  tests: {
    'a secret is defined, found, described and undefined': async (t, { connection, there }) => {
      if (!there) return skipped(t, 'secret');
      const [uuid, usage] = [randomUUID(), `usage-${randomUUID()}`];
      const secret = await connection.secrets.define(definition(uuid, usage, { ephemeral: false }));
      t.is(secret.uuid, uuid);
      t.deepEqual(secret.usage, { type: 'ceph', id: usage });
      t.deepEqual((await connection.secrets.byUuid(uuid)).handle, secret.handle);
      t.deepEqual((await connection.secrets.byUsage('ceph', usage)).handle, secret.handle);
      t.regex(await secret.xml(), /<description>of a test<\/description>/);
      t.is(await connection.secrets.secret(secret.handle).xml(), await secret.xml());
      const listed = async (flags: number) =>
        (await connection.secrets.list(flags)).some((found) => found.uuid === uuid);
      t.true(await listed(0));
      t.true(await listed(secretListFlags.noEphemeral | secretListFlags.noPrivate));
      t.false(await listed(secretListFlags.ephemeral));
      await secret.undefine();
      t.false(await listed(0));
    },

    'a value comes back byte by byte, up to the largest': async (t, { connection, there }) => {
      if (!there) return skipped(t, 'secret');
      const secret = await connection.secrets.define(definition(randomUUID(), `value-${randomUUID()}`));
      const none = await t.throwsAsync(secret.value(), { instanceOf: LibvirtError });
      t.is(none?.codeName, 'noSecret');
      const every = Uint8Array.from({ length: 256 }, (_, index) => index);
      for (const value of [every, randomBytes(65_535), randomBytes(65_536), Uint8Array.of(0)]) {
        await secret.setValue(value);
        t.deepEqual(Buffer.from(await secret.value()), Buffer.from(value));
      }
      await t.throwsAsync(secret.setValue(new Uint8Array(65_537)), { name: 'XdrError' });
      t.is((await secret.value()).length, 1);
      await secret.undefine();
    },

    'what happens to secrets is told, but no value': async (t, { connection, there }) => {
      if (!there) return skipped(t, 'secret');
      const uuid = randomUUID();
      const seen: unknown[] = [];
      const over = Promise.withResolvers<void>();
      const lifecycle = await connection.events.on('secret-lifecycle', (event) => {
        if (event.secret.uuid !== uuid) return;
        seen.push(event.event);
        if (event.event === 'undefined') over.resolve();
      });
      const secret = await connection.secrets.define(definition(uuid, `watched-${uuid}`));
      const changed = Promise.withResolvers<unknown>();
      const values = await connection.events.on('secret-value-changed', changed.resolve, {
        secret: secret.handle,
      });
      await secret.setValue(Buffer.from('hush'));
      t.deepEqual(await changed.promise, { secret: secret.handle });
      await secret.undefine();
      await over.promise;
      t.deepEqual(seen, ['defined', 'undefined']);
      await lifecycle.stop();
      await values.stop();
    },

    'bad input is refused with a typed error': async (t, { connection, there }) => {
      if (!there) return skipped(t, 'secret');
      const code = async (promise: Promise<unknown>) =>
        (await t.throwsAsync<LibvirtError>(promise, { instanceOf: LibvirtError }))?.code;
      t.is(await code(connection.secrets.byUuid(randomUUID())), errorCodes.noSecret);
      t.is(await code(connection.secrets.byUsage('volume', '/nowhere')), errorCodes.noSecret);
      t.is(await code(connection.secrets.define('<secret')), errorCodes.xmlDetail);
      const [uuid, usage] = [randomUUID(), `same-${randomUUID()}`];
      const secret = await connection.secrets.define(definition(uuid, usage));
      await t.throwsAsync(connection.secrets.define(definition(randomUUID(), usage)), {
        instanceOf: LibvirtError,
      });
      await secret.undefine();
      t.is(await code(secret.setValue(Buffer.from('late'))), errorCodes.noSecret);
    },
  },
  tearDown: ({ connection }) => connection.close(),
};

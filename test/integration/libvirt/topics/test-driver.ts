/** The client against libvirtd's own `test` driver: a real daemon, pretended domains. */
import { randomUUID } from 'node:crypto';
import { connect } from '../../../../src/libvirt/connect.ts';
import type { Connection } from '../../../../src/libvirt/connection.ts';
import { driverFeatures, listFlags, xmlFlags } from '../../../../src/libvirt/constants.ts';
import { errorCodes } from '../../../../src/libvirt/error-codes.ts';
import { LibvirtConnectionError, LibvirtError } from '../../../../src/libvirt/errors.ts';
import type { Server } from '../server.ts';
import type { Topic } from '../topic.ts';

type Context = { server: Server; connection: Connection };

const definition = (name: string, uuid = randomUUID()) => `
  <domain type='test'>
    <name>${name}</name><uuid>${uuid}</uuid><memory unit='KiB'>65536</memory><vcpu>3</vcpu>
    <os><type>hvm</type></os>
  </domain>`;

export const testDriver: Topic<Context> = {
  name: 'test-driver',
  setUp: async (server) => {
    const keepalive = { intervalMs: 200, count: 150 };
    return { server, connection: await server.connect('test:///default', { keepalive }) };
  },
  tests: {
    'the host is described': async (t, { connection }) => {
      const { driver, library } = await connection.versions();
      t.is(driver, 'TEST');
      t.regex(library, /^\d+\.\d+\.\d+$/);
      t.is(await connection.uri(), 'test:///default');
      t.truthy(await connection.hostname());
      t.regex(await connection.capabilities(), /<capabilities>/);
      const node = await connection.nodeInfo();
      t.like(node, { model: 'i686', memoryKiB: 3_145_728, cpus: 16, mhz: 1400, nodes: 2, threads: 2 });
      t.true(await connection.supportsFeature(driverFeatures.remoteEventCallback));
    },

    'a domain is defined, found, started, suspended, resumed, destroyed and undefined': async (
      t,
      { connection },
    ) => {
      const uuid = randomUUID();
      const domain = await connection.domains.define(definition('one-life', uuid));
      t.deepEqual(domain.handle, { name: 'one-life', uuid, id: -1 });
      t.like(await domain.state(), { state: 'shutoff', code: 5 });
      await domain.start();
      t.true(domain.id > 0);
      t.like(await domain.state(), { state: 'running', reason: 'booted' });
      t.like(await domain.info(), { state: 'running', maxMemoryKiB: 65_536, memoryKiB: 65_536, vcpus: 3 });
      await domain.suspend();
      t.like(await domain.state(), { state: 'paused', reason: 'user' });
      await domain.resume();
      t.like(await domain.state(), { state: 'running', reason: 'unpaused' });
      t.is((await connection.domains.byName('one-life')).uuid, uuid);
      t.is((await connection.domains.byUuid(uuid)).name, 'one-life');
      t.is(await connection.domain(domain.handle).xml(), await domain.xml());
      t.regex(await domain.xml(xmlFlags.inactive), /<name>one-life<\/name>/);
      await domain.destroy();
      t.like(await domain.state(), { state: 'shutoff', reason: 'destroyed' });
      await domain.undefine();
      const missing = await t.throwsAsync(connection.domains.byUuid(uuid), { instanceOf: LibvirtError });
      t.like(missing, { code: errorCodes.noDomain, codeName: 'noDomain', procedure: 'domainLookupByUuid' });
    },

    'a transient domain is listed while it runs, and gone after': async (t, { connection }) => {
      const domain = await connection.domains.create(definition('passing'));
      const names = async (flags: number) => (await connection.domains.list(flags)).map(({ name }) => name);
      t.true((await names(listFlags.active)).includes('passing'));
      t.false((await names(listFlags.persistent)).includes('passing'));
      await domain.destroy();
      t.false((await names(0)).includes('passing'));
    },

    'an interface has its numbers': async (t, { connection }) => {
      const card =
        "<devices><interface type='network'><source network='default'/><target dev='net7'/></interface></devices>";
      const domain = await connection.domains.create(
        definition('counted').replace('</domain>', `${card}</domain>`),
      );
      const stats = await domain.interfaces.stats('net7');
      t.true((stats.receivedBytes ?? -1) >= 0);
      t.true((stats.sentPackets ?? -1) >= 0);
      await t.throwsAsync(domain.interfaces.stats('net8'), { instanceOf: LibvirtError });
      await domain.destroy();
    },

    'events of a domain arrive in order, and stop when told to': async (t, { connection }) => {
      const all: string[] = [];
      const own: string[] = [];
      const watched = await connection.domains.define(definition('watched'));
      const everyone = await connection.events.on('lifecycle', ({ domain, event, detail }) => {
        if (domain.name === 'watched') all.push(`${event}/${detail}`);
      });
      const seen = new Promise<void>((resolve) => {
        const listener = ({ event, detail }: { event: string; detail: string }) => {
          own.push(`${event}/${detail}`);
          if (event === 'stopped') resolve();
        };
        connection.events.on('lifecycle', listener, { domain: watched.handle }).catch(t.fail);
      });
      await watched.start();
      await watched.suspend();
      await watched.resume();
      await watched.destroy();
      await seen;
      t.deepEqual(own, ['started/booted', 'suspended/paused', 'resumed/unpaused', 'stopped/destroyed']);
      t.deepEqual(all, own);
      await everyone.stop();
      await everyone.stop();
      await watched.undefine();
      t.deepEqual(all.length, 4);
    },

    'whoever listens for what another hears hears it too, until told to stop': async (t, { connection }) => {
      const domain = await connection.domains.define(definition('heard'));
      const heard: Record<string, string[]> = { first: [], second: [], third: [] };
      const listen = (name: string) =>
        connection.events.on('lifecycle', ({ event }) => heard[name]?.push(event), { domain: domain.handle });
      const [first, second] = await Promise.all([listen('first'), listen('second')]);
      await domain.start();
      await connection.hostname(); // what came before this answer was heard
      await first.stop();
      await domain.suspend();
      await connection.hostname();
      const [, third] = await Promise.all([second.stop(), listen('third')]);
      await domain.destroy();
      await connection.hostname();
      t.deepEqual(heard, { first: ['started'], second: ['started', 'suspended'], third: ['stopped'] });
      await third.stop();
      await domain.undefine();
    },

    'many calls at once all get their own answer': async (t, { connection }) => {
      const domains = await Promise.all(
        Array.from({ length: 40 }, (_, index) => connection.domains.define(definition(`many-${index}`))),
      );
      const found = await Promise.all(domains.map(({ uuid }) => connection.domains.byUuid(uuid)));
      t.deepEqual(
        found.map(({ name }) => name),
        domains.map((_, index) => `many-${index}`),
      );
      await Promise.all(domains.map((domain) => domain.undefine()));
    },

    'bad input is refused with a typed error, and the connection goes on': async (t, { connection }) => {
      t.like(await t.throwsAsync(connection.domains.define('<domain')), { name: 'LibvirtError' });
      await t.throwsAsync(connection.domains.byName('a\0b'), { name: 'XdrError', message: /name: .*NUL/ });
      await t.throwsAsync(connection.domains.byUuid('not-a-uuid'), {
        name: 'XdrError',
        message: /not a UUID/,
      });
      const big = await t.throwsAsync(connection.domains.define('x'.repeat(4 * 1024 * 1024 + 1)));
      t.is(big?.name, 'XdrError');
      const running = await connection.domains.byName('test');
      await t.throwsAsync(running.start(), { instanceOf: LibvirtError });
      t.is((await connection.domains.byName('test')).name, 'test');
    },

    'a large text passes in both directions': async (t, { connection }) => {
      const description = 'ä'.repeat(1_000_000);
      const xml = definition('large').replace('</name>', `</name><description>${description}</description>`);
      const domain = await connection.domains.define(xml);
      t.true((await domain.xml()).includes(description));
      await domain.undefine();
    },

    'connecting fails clearly': async (t, { server }) => {
      const nowhere = connect({ socketPath: `${server.directory}/none`, uri: 'test:///default' });
      const lost = await t.throwsAsync(nowhere, { instanceOf: LibvirtConnectionError });
      t.is(lost?.reason, 'connect');
      t.like(await t.throwsAsync(server.connect('nonsense:///x')), { name: 'LibvirtError' });
      const aborted = connect({
        socketPath: server.socketPath,
        uri: 'test:///default',
        signal: AbortSignal.abort(),
      });
      t.is((await t.throwsAsync(aborted))?.name, 'AbortError');
    },

    'closing is told as such, and ends what is under way': async (t, { server }) => {
      const own = await server.connect('test:///default');
      const reasons: unknown[] = [];
      own.onClose((reason) => reasons.push(reason));
      await own.close();
      await own.closed;
      t.deepEqual(reasons, [undefined]);
      const late = await t.throwsAsync(own.hostname(), { instanceOf: LibvirtConnectionError });
      t.is(late?.reason, 'closed');
    },
  },
  tearDown: ({ connection }) => connection.close(),
};

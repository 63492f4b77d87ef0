/** What can be set of a domain, with libvirtd's `test` driver: a real daemon, pretended domains. */
import { affectFlags } from '../../../../src/libvirt/affect.ts';
import type { Connection } from '../../../../src/libvirt/connection.ts';
import { xmlFlags } from '../../../../src/libvirt/constants.ts';
import { vcpuFlags } from '../../../../src/libvirt/domain/vcpus.ts';
import type { Domain } from '../../../../src/libvirt/domain.ts';
import { statsFlags, statsGroups } from '../../../../src/libvirt/domain-stats.ts';
import { errorCodes } from '../../../../src/libvirt/error-codes.ts';
import { pretendedXml } from '../pretended-domain.ts';
import { record } from '../recorded-events.ts';
import { refusal } from '../refusal.ts';
import type { Topic } from '../topic.ts';

type Context = { connection: Connection; domain: Domain };

export const domainSettings: Topic<Context> = {
  name: 'domain-settings',
  setUp: async (server) => {
    const connection = await server.connect('test:///default');
    const domain = await connection.domains.define(pretendedXml('settings'));
    await domain.start();
    return { connection, domain };
  },
  tests: {
    'it is found by its number': async (t, { connection, domain }) => {
      t.is((await connection.domains.byId(domain.id)).uuid, domain.uuid);
      await refusal(t, connection.domains.byId(4711), errorCodes.noDomain);
    },

    'it starts with the daemon when told to': async (t, { domain }) => {
      t.false(await domain.autostart());
      await domain.setAutostart(true);
      t.true(await domain.autostart());
      await domain.setAutostart(false);
      t.false(await domain.autostart());
    },

    'it tells whether it runs, stays, and was changed': async (t, { connection, domain }) => {
      t.true(await domain.isActive());
      t.true(await domain.isPersistent());
      t.false(await domain.isUpdated());
      const passing = await connection.domains.create(pretendedXml('passing').replace('52:54', '52:55'));
      t.false(await passing.isPersistent());
      await passing.destroy();
      await refusal(t, passing.isActive(), errorCodes.noDomain);
    },

    'it gets another name, which events tell': async (t, { connection }) => {
      const domain = await connection.domains.define(pretendedXml('before'));
      const events = await record(connection, 'lifecycle');
      await domain.rename('after');
      t.is(domain.name, 'after');
      t.is((await connection.domains.byUuid(domain.uuid)).name, 'after');
      await refusal(t, domain.rename('settings'), errorCodes.operationInvalid);
      await events.first(({ event, detail }) => event === 'defined' && detail === 'renamed');
      await events.stop();
      await domain.undefine();
      t.pass();
    },

    'title, description and elements of programs': async (t, { connection, domain }) => {
      const { metadata } = domain;
      const events = await record(connection, 'metadata-change');
      await refusal(t, metadata.get('title'), errorCodes.noDomainMetadata);
      await metadata.set('title', 'A tïtle');
      await metadata.set('description', 'Two\nlines');
      t.is(await metadata.get('title'), 'A tïtle');
      t.is(await metadata.get('description'), 'Two\nlines');
      const uri = 'urn:example:note';
      await metadata.setElement({ uri, key: 'note', xml: '<text>kept</text>' });
      t.regex(await metadata.element(uri), /kept/);
      await metadata.removeElement(uri);
      await metadata.set('title', undefined);
      await refusal(t, metadata.element(uri), errorCodes.noDomainMetadata);
      await events.first(() => events.events.length >= 5);
      t.deepEqual(
        events.events.map(({ type }) => type),
        ['title', 'description', 'element', 'element', 'title'],
      );
      t.is(events.events[2]?.uri, uri);
      await events.stop();
    },

    'CPUs are counted, changed and pinned': async (t, { connection, domain }) => {
      const { vcpus } = domain;
      t.is(await vcpus.count(), 3);
      t.is(await vcpus.count(vcpuFlags.maximum), 3);
      await vcpus.setCount(2, vcpuFlags.live);
      t.is(await vcpus.count(vcpuFlags.live), 2);
      await vcpus.setCount(3, vcpuFlags.live);
      await refusal(t, vcpus.setCount(99), errorCodes.invalidArg);
      await vcpus.pin(1, [0, 2]);
      t.deepEqual((await vcpus.pins())[1], [0, 2]);
      await refusal(t, vcpus.pin(7, [0]), errorCodes.invalidArg);
      await vcpus.pinEmulator([3]);
      t.deepEqual(await vcpus.emulatorPin(), [3]);
      const list = await vcpus.list();
      t.is(list.length, 3);
      t.like(list[1], { number: 1, state: 'running' });
      t.is((await connection.nodeInfo()).cpus, 16);
    },

    'I/O threads come and go, and are pinned': async (t, { domain }) => {
      const { ioThreads } = domain;
      await ioThreads.add(7);
      await ioThreads.pin(7, [1]);
      const found = await ioThreads.list();
      t.deepEqual(
        found.map(({ id }) => id),
        [1, 7],
      );
      t.deepEqual(found[1]?.hostCpus, [1]);
      await ioThreads.remove(7);
      t.is((await ioThreads.list()).length, 1);
      await refusal(t, ioThreads.remove(7), errorCodes.invalidArg);
    },

    'memory is set, and its maximum': async (t, { domain }) => {
      const { memory } = domain;
      await memory.set(32_768);
      t.is((await domain.info()).memoryKiB, 32_768);
      await memory.setMaximum(131_072, affectFlags.config);
      t.regex(await domain.xml(xmlFlags.inactive), /<memory unit='KiB'>131072</);
      await memory.setStatsPeriod(5);
      t.regex(await domain.xml(), /<stats period='5'\/>/);
      await refusal(t, memory.set(10_000_000), errorCodes.invalidArg);
    },

    'shares of the host': async (t, { domain }) => {
      const { tuning } = domain;
      await tuning.set('memory', { hard_limit: 500_000, soft_limit: 400_000 });
      t.like(await tuning.get('memory'), { hard_limit: 500_000, soft_limit: 400_000 });
      await tuning.set('blkio', { weight: 700 });
      t.is((await tuning.get('blkio')).weight, 700);
      await tuning.set('numa', { numa_nodeset: '0', numa_mode: 1 }, affectFlags.config);
      t.is((await tuning.get('numa', affectFlags.config)).numa_mode, 1);
      t.regex(await domain.xml(xmlFlags.inactive), /<memory mode='preferred' nodeset='0'/);
      await refusal(t, tuning.set('memory', { swap_hard_limit: 1 }), errorCodes.invalidArg);
    },

    'what its interface may carry, and its addresses': async (t, { domain }) => {
      const { interfaces } = domain;
      await interfaces.setBandwidth('net0', {
        inboundAverage: 1000,
        outboundAverage: 2000,
        outboundBurst: 64,
      });
      t.like(await interfaces.bandwidth('net0'), { inboundAverage: 1000, outboundAverage: 2000 });
      await refusal(t, interfaces.bandwidth('net9'), errorCodes.invalidArg);
      const [found] = await interfaces.addresses('lease');
      t.like(found, { name: 'net0', mac: '52:54:00:12:34:56' });
      t.like(found?.addresses[0], { family: 'ipv4', prefix: 24 });
      t.true((await interfaces.addresses('agent')).length >= 1);
      t.true((await interfaces.addresses('arp')).length >= 1);
    },

    'what happens when it powers off or crashes': async (t, { domain }) => {
      await domain.power.setAction('poweroff', 'preserve', affectFlags.config);
      await domain.power.setAction('crash', 'coredump-restart', affectFlags.config);
      const xml = await domain.xml(xmlFlags.inactive);
      t.regex(xml, /<on_poweroff>preserve</);
      t.regex(xml, /<on_crash>coredump-restart</);
      const wrong = domain.power.setAction('poweroff', 'coredump-restart', affectFlags.config);
      await refusal(t, wrong, errorCodes.configUnsupported);
    },

    'statistics of many, and of some': async (t, { connection, domain }) => {
      const all = await connection.domains.stats();
      t.deepEqual(all.map(({ domain: { name } }) => name).sort(), ['settings', 'test']);
      const [one, ...none] = await connection.domains.stats(statsGroups.state, { domains: [domain.handle] });
      t.deepEqual(none, []);
      t.like(one, { domain: { name: 'settings' }, stats: { 'state.state': 1 } });
      t.deepEqual(await connection.domains.stats(0, { flags: statsFlags.inactive }), []);
      const strict = { flags: statsFlags.enforce };
      await refusal(t, connection.domains.stats(2 ** 30, strict), errorCodes.argumentUnsupported);
    },
  },
  tearDown: ({ connection }) => connection.close(),
};

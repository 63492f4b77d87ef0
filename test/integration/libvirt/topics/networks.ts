/** Virtual networks: the test driver's, and those of the machine that need no bridge to be made. */
import { randomUUID } from 'node:crypto';
import { affectFlags } from '../../../../src/libvirt/affect.ts';
import type { Connection } from '../../../../src/libvirt/connection.ts';
import { errorCodes } from '../../../../src/libvirt/error-codes.ts';
import { LibvirtError } from '../../../../src/libvirt/errors.ts';
import { networkXmlFlags } from '../../../../src/libvirt/network/network.ts';
import { networkListFlags } from '../../../../src/libvirt/network/networks.ts';
import type { NetworkUpdate } from '../../../../src/libvirt/network/update.ts';
import { answers, skipped } from '../driver-presence.ts';
import type { Server } from '../server.ts';
import type { Topic } from '../topic.ts';

type Context = { server: Server; connection: Connection; real: Connection; there: boolean };

const definition = (name: string, bridge: string, uuid = randomUUID()) => `
  <network>
    <name>${name}</name><uuid>${uuid}</uuid><bridge name='${bridge}'/>
    <ip address='10.77.1.1' netmask='255.255.255.0'>
      <dhcp><range start='10.77.1.2' end='10.77.1.99'/></dhcp>
    </ip>
    <ip family='ipv6' address='fd00:77::1' prefix='64'/>
  </network>`;

/** On a bridge that somebody else makes: libvirt only writes it down. */
const bridged = (name: string, bridge: string) => `
  <network><name>${name}</name><forward mode='bridge'/><bridge name='${bridge}'/></network>`;

const macs = ['52:54:00:00:00:01', '52:54:00:00:00:02'] as const;
const expiry = 4_000_000_000;

/** In the file that libvirt's helper of dnsmasq keeps for a bridge. Gives what removes it. */
async function writeLeases(server: Server, bridge: string): Promise<() => Promise<string>> {
  const session = `${server.directory}/run/libvirt/dnsmasq/lib`;
  const directory = server.qemuUri === 'qemu:///session' ? session : '/var/lib/libvirt/dnsmasq';
  const [mac, other] = macs;
  const leases = [
    {
      'ip-address': '10.77.1.5',
      'mac-address': mac,
      hostname: 'one',
      'client-id': '01:52',
      'expiry-time': 0,
    },
    { 'ip-address': 'fd00:77::5', 'mac-address': other, iaid: '77', 'expiry-time': expiry },
    { 'ip-address': '10.77.1.6', 'mac-address': mac, 'expiry-time': 1 }, // long past
  ];
  const written = await server.write('leases.json', Buffer.from(JSON.stringify(leases)));
  await server.run('mkdir', ['-p', directory]);
  await server.run('mv', [written, `${directory}/${bridge}.status`]);
  return () => server.run('rm', [`${directory}/${bridge}.status`]);
}

export const networks: Topic<Context> = {
  name: 'networks',
  setUp: async (server) => {
    const connection = await server.connect('test:///default');
    const real = await server.connect(server.qemuUri);
    return { server, connection, real, there: await answers(() => real.networks.list()) };
  },
  tests: {
    'a network is defined, found, started, stopped and undefined': async (t, { connection }) => {
      const uuid = randomUUID();
      const network = await connection.networks.define(definition('one-life', 'br-life', uuid));
      t.deepEqual(network.handle, { name: 'one-life', uuid });
      const names = async (flags: number) => (await connection.networks.list(flags)).map(({ name }) => name);
      t.true((await names(networkListFlags.inactive | networkListFlags.persistent)).includes('one-life'));
      t.false(await network.isActive());
      t.true(await network.isPersistent());
      await network.start();
      t.true(await network.isActive());
      t.true((await names(networkListFlags.active)).includes('one-life'));
      t.false((await names(networkListFlags.inactive)).includes('one-life'));
      t.is(await network.bridgeName(), 'br-life');
      t.deepEqual((await connection.networks.byName('one-life')).handle, network.handle);
      t.deepEqual((await connection.networks.byUuid(uuid)).handle, network.handle);
      t.is(await connection.networks.network(network.handle).xml(), await network.xml());
      t.false(await network.autostart());
      await network.setAutostart(true);
      t.true(await network.autostart());
      await network.destroy();
      t.false(await network.isActive());
      await network.undefine();
      const gone = await t.throwsAsync(network.xml(), { instanceOf: LibvirtError });
      t.is(gone?.code, errorCodes.noNetwork);
    },

    'a transient network is gone once destroyed': async (t, { connection }) => {
      const network = await connection.networks.create(definition('passing', 'br-passing'));
      t.true(await network.isActive());
      t.false(await network.isPersistent());
      await network.destroy();
      t.false((await connection.networks.list()).some(({ name }) => name === 'passing'));
    },

    'one element is added, changed and removed': async (t, { connection }) => {
      const network = await connection.networks.define(definition('changing', 'br-changing'));
      await network.start();
      const host = (ip: string) => `<host mac='52:54:00:00:00:01' name='one' ip='${ip}'/>`;
      const change = (command: NetworkUpdate['command'], xml: string, parentIndex?: number) =>
        network.update({ command, section: 'ip-dhcp-host', xml, parentIndex, flags: affectFlags.live });
      await change('add-last', host('10.77.1.5'));
      t.regex(await network.xml(), /ip='10\.77\.1\.5'/);
      await change('modify', host('10.77.1.6'));
      t.regex(await network.xml(), /ip='10\.77\.1\.6'/);
      await change('delete', host('10.77.1.6'));
      t.notRegex(await network.xml(), /<host /);
      await change('add-first', host('10.77.1.7'), 0);
      await network.update({
        command: 'add-last',
        section: 'ip-dhcp-range',
        parentIndex: 1,
        xml: "<range start='fd00:77::20' end='fd00:77::30'/>",
        flags: affectFlags.live | affectFlags.config,
      });
      t.regex(await network.xml(), /fd00:77::1'[\s\S]*start='fd00:77::20'/);
      await t.throwsAsync(change('delete', host('10.77.1.99'), 0), { instanceOf: LibvirtError });
      await network.destroy();
      await network.undefine();
    },

    'what happens to a network is told, of one network or of all': async (t, { connection }) => {
      const [all, own]: [string[], string[]] = [[], []];
      const over = Promise.withResolvers<void>();
      const everything = await connection.events.on('network-lifecycle', ({ network, event }) => {
        if (network.name !== 'watched-net') return;
        all.push(event);
        if (event === 'undefined') over.resolve();
      });
      const network = await connection.networks.define(definition('watched-net', 'br-watched'));
      const one = await connection.events.on('network-lifecycle', ({ event }) => own.push(event), {
        network: network.handle,
      });
      await network.start();
      await network.destroy();
      await network.undefine();
      await over.promise;
      t.deepEqual(all, ['defined', 'started', 'stopped', 'undefined']);
      t.deepEqual(own, all.slice(1));
      await everything.stop();
      await one.stop();
    },

    'a running network and its definition are two things': async (t, { real, there }) => {
      if (!there) return skipped(t, 'network');
      const network = await real.networks.define(bridged(`twofold-${randomUUID()}`, 'br-of-others'));
      await network.start();
      const group = { section: 'portgroup', xml: "<portgroup name='engineering'/>" } as const;
      await network.update({ ...group, command: 'add-last', flags: affectFlags.config });
      t.notRegex(await network.xml(), /engineering/);
      t.regex(await network.xml(networkXmlFlags.inactive), /<portgroup name='engineering'/);
      await network.destroy();
      t.regex(await network.xml(), /<portgroup name='engineering'/);
      await network.undefine();
    },

    'leases are told as the DHCP server wrote them down': async (t, { server, real, there }) => {
      if (!there) return skipped(t, 'network');
      const network = await real.networks.create(bridged(`leasing-${randomUUID()}`, 'br-of-others'));
      t.is(await network.bridgeName(), 'br-of-others');
      t.deepEqual(await network.leases(), []);
      const stop = await writeLeases(server, 'br-of-others');
      const leases = await network.leases();
      t.deepEqual(
        leases.map(({ address, family }) => `${family} ${address}`),
        ['ipv4 10.77.1.5', 'ipv6 fd00:77::5'],
      );
      const [first, second] = leases;
      t.like(first, {
        bridge: 'br-of-others',
        mac: macs[0],
        hostname: 'one',
        clientId: '01:52',
        expires: undefined,
      });
      t.like(second, { mac: macs[1], iaid: '77', hostname: undefined, expires: new Date(expiry * 1_000) });
      t.deepEqual(await network.leases({ mac: macs[1] }), leases.slice(1));
      t.deepEqual(await network.leases({ mac: '52:54:00:00:00:99' }), []);
      await stop();
      const bad = await t.throwsAsync(network.leases({ mac: 'nonsense' }), { instanceOf: LibvirtError });
      t.is(bad?.code, errorCodes.invalidMac);
      await network.destroy();
    },

    'bad input is refused with a typed error': async (t, { connection }) => {
      const code = async (promise: Promise<unknown>) =>
        (await t.throwsAsync<LibvirtError>(promise, { instanceOf: LibvirtError }))?.codeName;
      t.is(await code(connection.networks.byName('nowhere')), 'noNetwork');
      t.is(await code(connection.networks.byUuid(randomUUID())), 'noNetwork');
      t.is(await code(connection.networks.define('<network')), 'xmlDetail');
      const network = await connection.networks.byName('default');
      t.is(await code(network.start()), 'operationInvalid');
      t.is(await code(connection.networks.define(definition('default', 'br-other'))), 'operationFailed');
      t.is(await code(network.leases()), 'noSupport');
      await t.throwsAsync(connection.networks.byUuid('not-a-uuid'), { name: 'XdrError' });
    },
  },
  tearDown: async ({ connection, real }) => {
    await connection.close();
    await real.close();
  },
};

/** Devices of one real, tiny domain of libvirt's QEMU driver: they come and go, and tell what happens to them. */
import { randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { Connection } from '../../../../src/libvirt/connection.ts';
import { xmlFlags } from '../../../../src/libvirt/constants.ts';
import { deviceFlags } from '../../../../src/libvirt/domain/devices.ts';
import { vcpuFlags } from '../../../../src/libvirt/domain/vcpus.ts';
import type { Domain } from '../../../../src/libvirt/domain.ts';
import { errorCodes } from '../../../../src/libvirt/error-codes.ts';
import { countOf } from '../console-reader.ts';
import { record } from '../recorded-events.ts';
import { refusal } from '../refusal.ts';
import type { Server } from '../server.ts';
import { guestXml, makeOverlay, writeBase } from '../tiny-guest.ts';
import type { Topic } from '../topic.ts';
import { makeUnreadableDisk } from '../unreadable-disk.ts';

type Context = { server: Server; connection: Connection; domain: Domain; medium: string };

const drive = (source: string) => `
  <disk type='file' device='cdrom'>
    <driver name='qemu' type='raw'/>${source}<target dev='hdc' bus='ide'/><readonly/>
  </disk>`;
const moreDevices = (directory: string) => `
  ${drive(`<source file='${directory}/missing.iso' startupPolicy='optional'/>`)}
  <controller type='usb' model='qemu-xhci'/>
  <graphics type='vnc' listen='127.0.0.1' autoport='yes'/>
  <video><model type='vga'/></video>
  <watchdog model='ib700' action='none'/>`;

const definition = (server: Server, disk: string): string =>
  guestXml('devices', randomUUID(), disk, server.domainType)
    .replace("<controller type='usb' model='none'/>", moreDevices(server.directory))
    .replace('<vcpu>1</vcpu>', "<vcpu current='1'>2</vcpu>")
    .replace('<on_reboot>destroy', '<on_reboot>restart');

const tablet = "<input type='tablet' bus='usb'><alias name='ua-tablet'/></input>";

/** A PNG ends with its chunk IEND, a PPM has three bytes for each pixel. */
function isWhole(picture: Buffer): boolean {
  if (picture.subarray(1, 4).toString('latin1') === 'PNG') {
    return picture.subarray(-8, -4).toString('latin1') === 'IEND';
  }
  const [header = '', width, height] =
    /^P6\n(\d+) (\d+)\n255\n/.exec(picture.toString('latin1', 0, 40)) ?? [];
  return picture.length === header.length + Number(width) * Number(height) * 3;
}

export const devices: Topic<Context> = {
  name: 'devices',
  setUp: async (server) => {
    const disk = await makeOverlay(server, await writeBase(server), false);
    const medium = await server.write('medium.iso', Buffer.alloc(64 * 1024));
    const connection = await server.connect(server.qemuUri);
    return { server, connection, medium, domain: await connection.domains.define(definition(server, disk)) };
  },
  tests: {
    'it starts without a medium that is missing, and says so': async (t, { connection, domain }) => {
      const changes = await record(connection, 'disk-change');
      await domain.start();
      const { oldPath, newPath, reason } = await changes.first();
      await changes.stop();
      t.regex(oldPath ?? '', /missing\.iso$/);
      t.is(newPath, undefined);
      t.is(reason, 'changed-missing-on-start');
      t.true((await countOf(domain, 1)) >= 1); // the BIOS looks into the drive no more
    },

    'a device comes and goes while it runs': async (t, { connection, domain }) => {
      const added = await record(connection, 'device-added');
      const removed = await record(connection, 'device-removed');
      await domain.devices.attach(tablet, deviceFlags.live);
      t.like(await added.first(), { alias: 'ua-tablet', domain: { uuid: domain.uuid } });
      t.regex(await domain.xml(), /ua-tablet/);
      await domain.devices.detachAlias('ua-tablet', deviceFlags.live);
      t.is((await removed.first()).alias, 'ua-tablet');
      t.notRegex(await domain.xml(), /ua-tablet/);
      await added.stop();
      await removed.stop();
      await refusal(t, domain.devices.detachAlias('ua-tablet', deviceFlags.live), errorCodes.internalError);
    },

    'a device of the definition alone': async (t, { domain }) => {
      await domain.devices.attach(tablet, deviceFlags.config);
      t.regex(await domain.xml(xmlFlags.inactive), /ua-tablet/);
      t.notRegex(await domain.xml(), /ua-tablet/);
      await domain.devices.detach(tablet, deviceFlags.config);
      await refusal(t, domain.devices.detach(tablet, deviceFlags.config), errorCodes.deviceMissing);
      await refusal(t, domain.devices.attach('<nonsense/>'), errorCodes.configUnsupported);
    },

    'a medium is put into its drive, and taken out': async (t, { connection, domain, medium }) => {
      const trays = await record(connection, 'tray-change');
      await domain.devices.update(drive(`<source file='${medium}'/>`));
      t.regex(await domain.xml(), /medium\.iso/);
      await trays.first(({ tray }) => tray === 'open');
      await trays.first(({ tray }) => tray === 'closed');
      await domain.devices.update(drive(''), deviceFlags.force);
      t.notRegex(await domain.xml(), /medium\.iso/);
      await trays.stop();
    },

    'a CPU is plugged in, and one is pinned': async (t, { connection, domain }) => {
      await domain.vcpus.set('1', true, vcpuFlags.live);
      t.is(await domain.vcpus.count(vcpuFlags.live), 2);
      const changes = await record(connection, 'tunable');
      await domain.vcpus.pin(0, [0], vcpuFlags.live);
      t.deepEqual((await changes.first()).values, { 'cputune.vcpupin0': '0' });
      t.deepEqual((await domain.vcpus.pins(vcpuFlags.live))[0], [0]);
      await changes.stop();
      await refusal(t, domain.vcpus.set('9', true, vcpuFlags.live), errorCodes.invalidArg);
    },

    'keys are pressed, and its screen is seen': async (t, { domain }) => {
      await domain.screen.sendKeys({ keys: [29, 56, 111], holdMs: 10 });
      await domain.screen.injectNmi();
      const picture = await buffer(await domain.screen.screenshot());
      t.regex(picture.subarray(0, 4).toString('latin1'), /^P6|PNG$/);
      t.true(isWhole(picture));
      await refusal(t, domain.screen.screenshot({ screen: 9 }), errorCodes.operationInvalid);
    },

    'somebody looks at it': async (t, { server, connection, domain }) => {
      const looks = await record(connection, 'graphics');
      const port = /type='vnc' port='(\d+)'/.exec(await domain.xml())?.[1] ?? '';
      const greeting = await server.run('bash', ['-c', `exec 3<>/dev/tcp/127.0.0.1/${port}; head -c 4 <&3`]);
      t.is(greeting, 'RFB ');
      t.like(await looks.first(({ phase }) => phase === 'connect'), {
        local: { family: 'ipv4', node: '127.0.0.1', service: port },
        remote: { family: 'ipv4', node: '127.0.0.1' },
      });
      await looks.first(({ phase }) => phase === 'disconnect');
      await looks.stop();
    },

    "QEMU's monitor takes commands, and tells what it does": async (t, { connection, domain }) => {
      const { monitor } = domain;
      const answer = JSON.parse(await monitor.command('{"execute":"query-status"}'));
      t.is(answer.return.status, 'running');
      t.regex(await monitor.humanCommand('info status'), /running/);
      t.regex(await monitor.command('{"execute":"nonsense"}'), /CommandNotFound/);
      const seen: string[] = [];
      const told = await connection.events.on(
        'qemu-monitor',
        ({ monitorEvent, timeMs }) => seen.push(`${monitorEvent} ${timeMs > 1e12}`),
        { domain: domain.handle, monitorEvent: 'STOP' },
      );
      await domain.suspend();
      await domain.resume();
      await told.stop();
      t.deepEqual(seen, ['STOP true']);
      await refusal(t, monitor.command('not JSON'), errorCodes.internalError);
    },

    'its watchdog goes off': async (t, { connection, domain }) => {
      const dogs = await record(connection, 'watchdog');
      await domain.monitor.humanCommand('o /b 0x443 0xf'); // ib700: go off in no time
      t.is((await dogs.first()).action, 'none');
      await dogs.stop();
    },

    'a reset is told as a reboot': async (t, { connection, domain }) => {
      const reboots = await record(connection, 'reboot');
      await domain.reset();
      t.is((await reboots.first()).domain.name, 'devices');
      t.true((await countOf(domain, 1)) >= 1); // the BIOS has set up ACPI, which is wanted next
      await reboots.stop();
    },

    'a disk that cannot be read is named, with what was done': async (t, { server, connection }) => {
      const errors = await record(connection, 'io-error');
      const xml = guestXml('broken', randomUUID(), await makeUnreadableDisk(server), server.domainType);
      const broken = await connection.domains.create(xml);
      t.like(await errors.first(), {
        domain: { uuid: broken.uuid },
        alias: 'virtio-disk0',
        action: 'report',
      });
      await errors.stop();
      await broken.destroy();
    },

    'it goes to sleep on its disk': async (t, { connection, domain }) => {
      const sleeps = await record(connection, 'pm-suspend-disk');
      const ends = await record(connection, 'lifecycle');
      await domain.monitor.humanCommand('o /w 0x604 0x2800'); // ACPI's PM1a control: sleep in state S4
      t.is((await sleeps.first()).domain.name, 'devices');
      await ends.first(({ event }) => event === 'stopped');
      await sleeps.stop();
      await ends.stop();
      t.false(await domain.isActive());
    },
  },
  tearDown: async ({ connection, domain }) => {
    if (await domain.isActive()) await domain.destroy();
    await domain.undefine();
    await connection.close();
  },
};

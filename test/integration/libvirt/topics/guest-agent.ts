/** Calls that only the inside of a guest can answer, with a real agent in a small Linux guest. */
import { once } from 'node:events';
import type { Connection } from '../../../../src/libvirt/connection.ts';
import { agentTimeouts, guestInfoTypes } from '../../../../src/libvirt/domain/guest.ts';
import { vcpuFlags } from '../../../../src/libvirt/domain/vcpus.ts';
import type { Domain } from '../../../../src/libvirt/domain.ts';
import { statsGroups } from '../../../../src/libvirt/domain-stats.ts';
import { errorCodes } from '../../../../src/libvirt/error-codes.ts';
import { LibvirtError } from '../../../../src/libvirt/errors.ts';
import { agentGuestXml, writeAgentDisk } from '../agent-guest.ts';
import { record } from '../recorded-events.ts';
import { refusal } from '../refusal.ts';
import type { Topic } from '../topic.ts';

type Context = { connection: Connection; domain: Domain };

export const guestAgent: Topic<Context> = {
  name: 'guest-agent',
  setUp: async (server) => {
    const disk = await writeAgentDisk(server);
    const connection = await server.connect(server.qemuUri);
    return { connection, domain: await connection.domains.define(agentGuestXml(server, disk)) };
  },
  tests: {
    'an agent that is not there is said to be so, until it comes': async (t, { connection, domain }) => {
      const states = await record(connection, 'agent-lifecycle');
      await domain.start();
      await refusal(t, domain.guest.hostname(), errorCodes.agentUnresponsive);
      const { reason } = await states.first(({ state }) => state === 'connected');
      t.is(reason, 'channel');
      await states.stop();
      await domain.guest.setTimeout(30);
      t.is(await domain.guest.hostname(), 'agent');
    },

    'a command of its own': async (t, { domain }) => {
      const answer = await domain.guest.command('{"execute":"guest-get-host-name"}', agentTimeouts.default);
      t.deepEqual(JSON.parse(answer ?? ''), { return: { 'host-name': 'agent' } });
      await refusal(t, domain.guest.command('{"execute":"guest-nonsense"}'), errorCodes.internalError);
    },

    'what it knows of the system': async (t, { domain }) => {
      const info = await domain.guest.info(guestInfoTypes.os | guestInfoTypes.hostname);
      t.like(info, { hostname: 'agent', 'os.id': 'tests', 'os.machine': 'x86_64' });
      t.is(info['fs.count'], undefined);
      t.is((await domain.guest.info())['fs.0.mountpoint'], '/');
    },

    'file systems are listed, frozen, thawed and trimmed': async (t, { domain }) => {
      const { guest } = domain;
      t.deepEqual(await guest.fileSystems(), [
        { mountPoint: '/', name: 'vda1', type: 'ext4', disks: ['vda'] },
      ]);
      t.is(await guest.freeze(['/']), 1);
      await t.throwsAsync(guest.freeze(), { instanceOf: LibvirtError });
      t.is(await guest.thaw(), 1);
      await guest.trim({ minimumBytes: 4096 });
    },

    'its clock is read and set, and QEMU tells': async (t, { connection, domain }) => {
      const changes = await record(connection, 'rtc-change');
      const before = await domain.guest.time();
      t.true(before > 1_600_000_000_000);
      const then = 1_700_000_000_500;
      await domain.guest.setTime(then);
      const now = await domain.guest.time();
      t.true(now >= then && now < then + 3_600_000);
      t.true(Math.abs((await changes.first()).offsetSeconds) > 0);
      await changes.stop();
      await domain.guest.setTime(undefined);
      t.pass();
    },

    'SSH keys are added and removed': async (t, { domain }) => {
      const { guest } = domain;
      const [first, second] = ['ssh-ed25519 AAAAfirst one', 'ssh-ed25519 AAAAsecond two'] as const;
      await guest.changeSshKeys('root', 'replace', [first]);
      await guest.changeSshKeys('root', 'append', [second]);
      t.deepEqual((await guest.sshKeys('root')).sort(), [first, second]);
      await guest.changeSshKeys('root', 'remove', [first]);
      t.deepEqual(await guest.sshKeys('root'), [second]);
      await refusal(t, guest.sshKeys('nobody-here'), errorCodes.internalError);
    },

    'CPUs are taken from the guest and given back': async (t, { domain }) => {
      const { vcpus } = domain;
      t.like(await vcpus.inGuest(), { vcpus: '0-1', online: '0-1', offlinable: '1' });
      await vcpus.setInGuest('1', false);
      t.is((await vcpus.inGuest()).online, '0');
      t.is(await vcpus.count(vcpuFlags.guest), 1);
      await vcpus.setInGuest('1', true);
      t.is((await vcpus.inGuest()).online, '0-1');
      await refusal(t, vcpus.setInGuest('7', true), errorCodes.invalidArg);
    },

    'a channel carries bytes to a program in the guest and back': async (t, { domain }) => {
      const channel = await domain.screen.openChannel({ name: 'org.example.echo.0' });
      const [answer] = await Promise.all([once(channel, 'data'), channel.write('over and back')]);
      t.is(String(answer[0]), 'over and back');
      const taken = await t.throwsAsync(domain.screen.openChannel({ name: 'org.example.echo.0' }));
      t.true(taken instanceof LibvirtError);
      channel.end();
      channel.resume();
      await once(channel, 'close');
      await refusal(t, domain.screen.openChannel({ name: 'none' }), errorCodes.internalError);
    },

    'addresses as the guest has them': async (t, { domain }) => {
      const [loopback] = await domain.interfaces.addresses('agent');
      t.is(loopback?.name, 'lo');
      t.deepEqual(loopback?.addresses, [{ family: 'ipv4', address: '127.0.0.1', prefix: 8 }]);
    },

    'its balloon gives memory back, and tells': async (t, { connection, domain }) => {
      const changes = await record(connection, 'balloon-change');
      await domain.memory.setStatsPeriod(1);
      await domain.memory.set(100 * 1024);
      await changes.first(({ actualKiB }) => actualKiB === 100 * 1024);
      await changes.stop();
      t.is((await domain.memory.stats()).actualBalloonKiB, 100 * 1024);
      await domain.memory.set(128 * 1024);
    },

    'it is put to sleep and woken up': async (t, { connection, domain }) => {
      const asleep = await record(connection, 'pm-suspend');
      const awake = await record(connection, 'pm-wakeup');
      const states = await record(connection, 'agent-lifecycle');
      await domain.power.sleep('memory');
      t.is((await asleep.first()).domain.uuid, domain.uuid);
      await states.first(({ state }) => state === 'disconnected');
      t.is((await domain.state()).state, 'pmsuspended');
      await domain.power.wakeUp();
      t.is((await awake.first()).domain.uuid, domain.uuid);
      await states.first(({ state }) => state === 'connected');
      t.is((await domain.state()).state, 'running');
      for (const one of [asleep, awake, states]) await one.stop();
      await t.throwsAsync(domain.power.wakeUp(), { instanceOf: LibvirtError });
    },

    'how fast it dirties its memory is measured': async (t, { connection, domain }) => {
      await domain.memory.measureDirtyRate(1);
      const measured = async () => {
        const which = { domains: [domain.handle] };
        const [record] = await connection.domains.stats(statsGroups.dirtyRate, which);
        return record?.stats ?? {};
      };
      let stats = await measured();
      for (let round = 0; round < 100 && stats['dirtyrate.calc_status'] !== 2; round += 1) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        stats = await measured();
      }
      t.like(stats, { 'dirtyrate.calc_status': 2, 'dirtyrate.calc_period': 1 });
      t.is(typeof stats['dirtyrate.megabytes_per_second'], 'number');
      await refusal(t, domain.memory.measureDirtyRate(61), errorCodes.configUnsupported);
    },
  },
  tearDown: async ({ connection, domain }) => {
    if (await domain.isActive()) await domain.destroy();
    await domain.undefine();
    await connection.close();
  },
};

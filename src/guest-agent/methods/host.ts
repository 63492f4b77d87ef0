import { freemem, release, totalmem, uptime } from 'node:os';
import { type Problem, toProblem } from '../../wire/errors.ts';
import { rebootHost } from '../conform/reboot.ts';
import type { Context } from '../context.ts';
import { freeBytes } from '../disks.ts';
import { foreignFirewalls } from '../filter/foreign-firewalls.ts';
import type { HandlersOf } from '../handlers.ts';
import { notices } from '../host-access.ts';
import { logError } from '../log.ts';
import { thisMachine } from '../machine.ts';
import { unreadableRecords } from '../migrate/record.ts';
import { keptNetworks } from '../network/kept.ts';
import { overlaps } from '../network/overlap.ts';

/** How a host is can be told without them. */
const orNone = (warnings: Promise<Problem[]>): Promise<Problem[]> =>
  warnings.catch((error: unknown) => {
    logError('host.warnings-unread', error);
    return [];
  });

const allWarnings = async (context: Context): Promise<Problem[]> => [
  ...(await orNone(foreignFirewalls())),
  ...(await orNone(keptNetworks(context.paths).then(overlaps))),
  ...(await orNone(unreadableRecords(context).then((errors) => errors.map(toProblem)))),
];

export const hostHandlers = (context: Context): HandlersOf<'host'> => ({
  'host.status': async () => {
    const engine = context.engine('kvm');
    const { libvirt, hypervisor } = await engine.versions();
    return {
      agent: context.version,
      kernel: release(),
      node: process.version,
      libvirt,
      qemu: hypervisor,
      memoryTotal: totalmem(),
      memoryFree: freemem(),
      diskFree: await freeBytes(context.paths),
      uptimeSeconds: uptime(),
      guests: await engine.list(),
      machine: await thisMachine(),
      notices: notices.current(),
      warnings: await allWarnings(context),
    };
  },
  'host.reboot': async ({ bootId }) => {
    await rebootHost(context, bootId);
    return {};
  },
});

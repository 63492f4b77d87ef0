import { freemem, release, totalmem, uptime } from 'node:os';
import { rebootHost } from '../conform/reboot.ts';
import type { Context } from '../context.ts';
import { freeBytes } from '../disks.ts';
import type { HandlersOf } from '../handlers.ts';
import { notices } from '../host-access.ts';
import { thisMachine } from '../machine.ts';

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
    };
  },
  'host.reboot': async ({ bootId }) => {
    await rebootHost(context, bootId);
    return {};
  },
});

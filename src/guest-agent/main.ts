/**
 * The agent: the one process of Blanket's on a host.
 *
 *   control --SSH--> /run/blanket/agent.sock --> session --> handler --> engine --> libvirt
 *                                                               \-> ip, wg, dnsmasq, qemu-img
 *
 * What control told it last is set up again before it listens, so a host that was rebooted is whole when it answers. From
 * then on it is compared with what is there, and repaired.
 */
import { chmod, chown, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import about from '../../package.json' with { type: 'json' };
import { agentPaths } from '../wire/agent.ts';
import { BlanketError } from '../wire/errors.ts';
import { startNothingAtBoot } from './at-boot.ts';
import type { Context } from './context.ts';
import { kvmEngine } from './engines/kvm.ts';
import { dialLibvirt, sharedLink } from './engines/libvirt-link.ts';
import { engineOf } from './guests.ts';
import { exec } from './host-access.ts';
import { log, logError } from './log.ts';
import { serveMetadata } from './metadata/service.ts';
import { keptSources } from './metadata/sources.ts';
import { allHandlers } from './methods/all.ts';
import { restoreDriver } from './methods/drivers.ts';
import { newLive } from './migrate/live.ts';
import { pruneRecords } from './migrate/record.ts';
import { repairNetworks, restoreGuardedTunnel, restoreNetworks } from './network.ts';
import { type Paths, pathsUnder } from './paths.ts';
import { serve } from './server.ts';
import { makePrivateFolder } from './state-file.ts';
import { keepFollowing } from './tunnel.ts';

const group = 'blanket';

/** From /etc/group; `undefined` when there is no such group. */
async function groupId(name: string): Promise<number | undefined> {
  const line = (await readFile('/etc/group', 'utf8')).split('\n').find((one) => one.startsWith(`${name}:`));
  return line === undefined ? undefined : Number(line.split(':')[2]);
}

function makeContext(paths: Paths): Context {
  const kvm = kvmEngine(paths, sharedLink(dialLibvirt), dialLibvirt);
  const metadata = serveMetadata(keptSources(paths));
  return {
    paths,
    metadata,
    live: newLive(),
    version: about.version,
    engine: (name) => {
      if (name !== 'xen') return kvm;
      throw new BlanketError('engine.unsupported', 'This agent does not run Xen guests yet.', {
        kind: 'usage',
      });
    },
  };
}

/** Each on its own: a tunnel that cannot be restored is no reason to answer nobody. */
async function restore(context: Context): Promise<void> {
  const steps = { restoreDriver, restoreGuardedTunnel, restoreNetworks };
  for (const [name, step] of Object.entries(steps)) {
    await step(context.paths).catch((error: unknown) => logError('restore.failed', error, { step: name }));
  }
  await startNothingAtBoot(exec).catch((error: unknown) => logError('restore.failed', error));
  await context.metadata.update();
  await pruneRecords(context).catch((error: unknown) => logError('restore.failed', error));
}

/** Short enough that a network broken by hand is not looked into by hand as well. */
const repairEveryMs = 30_000;

/** One round waits for the one before, however slow the host. */
async function keepRepaired({ paths, metadata }: Context): Promise<never> {
  for (;;) {
    await setTimeout(repairEveryMs);
    try {
      const { repaired } = await repairNetworks(paths);
      if (repaired.length > 0) log('network.repaired', { repaired });
      await metadata.update();
    } catch (error) {
      logError('network.repair-failed', error);
    }
  }
}

/** Control's SSH user writes to uploads through its group; nobody else may look into it. */
async function makeFolders(paths: Paths, gid: number | undefined): Promise<void> {
  const { images, disks, guests, networks, migrations, consoles } = paths;
  for (const folder of [images, disks, networks, consoles]) await mkdir(folder, { recursive: true });
  for (const folder of [guests, migrations]) await makePrivateFolder(folder);
  await mkdir(paths.uploads, { recursive: true });
  if (gid !== undefined) await chown(paths.uploads, process.getuid?.() ?? 0, gid);
  await chmod(paths.uploads, 0o770);
  await mkdir(dirname(agentPaths.socket), { recursive: true });
}

async function main(): Promise<void> {
  const paths = pathsUnder();
  const gid = await groupId(group);
  await makeFolders(paths, gid);
  const context = makeContext(paths);
  await restore(context);
  const server = await serve({
    socketPath: agentPaths.socket,
    gid,
    agent: context.version,
    handlers: allHandlers(context),
    openConsole: async (guest) => (await engineOf(context, guest)).openConsole(guest),
  });
  // libvirt starts with its first client and then tries QEMU out, which takes many seconds on an emulated host.
  context
    .engine('kvm')
    .versions()
    .catch((error: unknown) => logError('libvirt.warm-up', error));
  log('agent.listening', { version: context.version, node: process.version, socket: agentPaths.socket });
  void keepRepaired(context);
  void keepFollowing(context.paths);
  process.once('SIGTERM', () => {
    server.close();
    process.exit(0);
  });
}

await main();

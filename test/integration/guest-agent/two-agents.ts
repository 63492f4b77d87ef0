/** Two agents of this machine, each with a libvirtd and files of its own, and a guest that may go from one to the other. */
import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { startDaemon } from '../../../infra/libvirt/private-daemon.ts';
import type { Context } from '../../../src/guest-agent/context.ts';
import { makeDisks } from '../../../src/guest-agent/disks.ts';
import { domainXml } from '../../../src/guest-agent/engines/domain-xml.ts';
import type { Engine } from '../../../src/guest-agent/engines/engine.ts';
import { kvmEngine, namesWatchdog } from '../../../src/guest-agent/engines/kvm.ts';
import { keepSpec } from '../../../src/guest-agent/guests.ts';
import { digestOf } from '../../../src/guest-agent/images.ts';
import { migrateHandlers } from '../../../src/guest-agent/methods/migrate.ts';
import { newLive } from '../../../src/guest-agent/migrate/live.ts';
import { type Paths, pathsUnder } from '../../../src/guest-agent/paths.ts';
import type { Connection } from '../../../src/libvirt/connection.ts';
import type { Domain } from '../../../src/libvirt/domain.ts';
import type { AgentParams, AgentResult } from '../../../src/wire/agent.ts';
import { agentMethods } from '../../../src/wire/agent-methods.ts';
import type { GuestSpec } from '../../../src/wire/guest-spec.ts';
import type { Migrate } from '../../guest-agent/migrate/pair.ts';
import { guestSpec } from '../../guest-agent/spec.ts';
import { bootDisk } from '../libvirt/tiny-guest.ts';

type Daemon = Awaited<ReturnType<typeof startDaemon>>;

export type Agent = {
  daemon: Daemon;
  paths: Paths;
  engine: Engine;
  /** Not of the agent: what the test itself looks through. */
  connection: Connection;
  call<M extends Migrate>(
    method: M,
    params: AgentParams<M>,
    progress?: (value: unknown) => void,
  ): Promise<AgentResult<M>>;
  /** The agent dies, with its connections to libvirt and all that it holds in memory, and another one begins. */
  restart(): Promise<void>;
  stop(): Promise<void>;
};

const uri = 'qemu:///session';
const untold = { update: async () => undefined, close: async () => undefined };

/** What QEMU opens is its user's, as libvirt makes it on a host; a libvirt without privileges cannot. */
async function giveDisks({ give }: Daemon, paths: Paths, guest: string): Promise<void> {
  for (const path of [paths.diskFolder(guest), paths.disk(guest), paths.consoles]) await give(path);
}

export async function startAgent(): Promise<Agent> {
  const daemon = await startDaemon();
  const paths = pathsUnder(`${daemon.directory}/blanket`);
  for (const folder of [paths.images, paths.consoles]) await mkdir(folder, { recursive: true });
  const connection = await daemon.connect(uri);
  let held: Connection[] = [];
  const dial = async () => {
    const fresh = await daemon.connect(uri);
    held.push(fresh);
    return fresh;
  };
  const own = kvmEngine(paths, async () => connection, dial);
  const engine: Engine = {
    ...own,
    async openMigration(guest, recovers) {
      await giveDisks(daemon, paths, guest);
      return own.openMigration(guest, recovers);
    },
  };
  const begin = (): Context => ({
    ...{ paths, metadata: untold, version: 'test', live: newLive(), engine: () => engine },
  });
  let context = begin();
  return {
    ...{ daemon, paths, engine, connection },
    call: (method, params, progress) => callOn(context, method, params, progress),
    async restart() {
      context = begin();
      for (const each of held.splice(0)) await each.close();
    },
    async stop() {
      for (const each of held) await each.close();
      held = [];
      await connection.close();
      await daemon.stop();
    },
  };
}

function callOn<M extends Migrate>(
  context: Context,
  method: M,
  params: AgentParams<M>,
  progress: (value: unknown) => void = () => undefined,
): Promise<AgentResult<M>> {
  const handler = migrateHandlers(context)[method] as (p: unknown, c: unknown) => Promise<AgentResult<M>>;
  const checked = agentMethods[method].params.parse(params);
  return handler(checked, { progress, signal: new AbortController().signal });
}

/** A guest of that boot sector, running at the first; both have its image. */
export async function runGuest(
  at: Agent,
  both: readonly Agent[],
  name: string,
  sector: readonly number[],
): Promise<{ spec: GuestSpec; domain: Domain }> {
  const { daemon, paths, connection } = at;
  const raw = `${daemon.directory}/${name}.raw`;
  const image = `${daemon.directory}/${name}.qcow2`;
  await writeFile(raw, bootDisk(sector));
  await daemon.run('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, image]);
  const digest = await digestOf(image);
  for (const agent of both) await copyFile(image, agent.paths.image(digest));
  const spec = guestSpec({ name, uuid: randomUUID(), engine: 'tcg', nics: [], memoryMiB: 32, image: digest });
  await keepSpec({ paths } as Context, spec);
  await makeDisks(paths, spec);
  const { library } = await connection.versions();
  const domain = await connection.domains.define(
    domainXml(spec, {
      disk: paths.disk(name),
      extraDisk: (disk) => paths.extraDisk(name, disk),
      consoleLog: paths.consoleLog(name),
      bridgeOf: () => '',
      mtus: new Map(),
      faultyCpuFeatures: ['cx16'],
      namesWatchdog: namesWatchdog(library),
    }),
  );
  await giveDisks(daemon, paths, name);
  await domain.start();
  return { spec, domain };
}

/** Each of these agents has its files in a directory of its own; those of two hosts are at the same place. */
export const asAt = (from: Agent, to: Agent, xml: string): string =>
  xml.replaceAll(from.daemon.directory, to.daemon.directory);

/** Two hosts of this machine's own hypervisor, each with an agent in a process of its own, and guests that lie stopped on the first. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '../../../src/guest-agent/images.ts';
import { writeState } from '../../../src/guest-agent/state-file.ts';
import type { Connection } from '../../../src/libvirt/connection.ts';
import type { Disk } from '../../../src/wire/disk.ts';
import type { GuestSpec } from '../../../src/wire/guest-spec.ts';
import { guestSpec } from '../../guest-agent/spec.ts';
import { tunnel } from '../../guest-agent/tunnel/config.ts';
import { localServer, type Server } from '../libvirt/server.ts';
import { diskBytes, writeBase } from '../libvirt/tiny-guest.ts';
import { type AgentProcess, startAgent, stateOf } from './agent-process.ts';

export type Host = { server: Server; connection: Connection; agent: AgentProcess };
export type Hosts = { here: Host; there: Host; image: string };

async function openHost(): Promise<Host> {
  const server = await localServer();
  const state = stateOf(server);
  await server.run('mkdir', ['-p', ...['images', 'disks', 'consoles'].map((name) => join(state, name))]);
  await writeState(join(state, 'tunnel.json'), tunnel({ address: '127.0.0.1' }));
  return { server, connection: await server.connect(server.qemuUri), agent: startAgent(server) };
}

export async function openHosts(): Promise<Hosts> {
  const [here, there] = await Promise.all([openHost(), openHost()]);
  const made = join(here.server.directory, 'image.qcow2');
  const base = await writeBase(here.server);
  await here.server.run('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', base, made]);
  const image = await digestOf(made);
  for (const { server, agent } of [here, there]) {
    await server.write(agent.paths.image(image).slice(server.directory.length + 1), await readFile(made));
  }
  return { here, there, image };
}

export async function closeHosts(hosts: Hosts | undefined): Promise<void> {
  if (hosts === undefined) return;
  for (const { server, connection, agent } of [hosts.here, hosts.there]) {
    await agent.kill();
    await connection.close();
    await server.stop();
  }
}

/** Dies, and is there again. */
export async function restart(host: Host): Promise<void> {
  await host.agent.kill();
  host.agent = startAgent(host.server);
}

const mebi = 2 ** 20;
/** Bytes of each disk's own data, and what they are. */
export const written = { bytes: 6 * mebi, at: '8M', letter: '0x42' };

/** A guest with two disks, both with data, known to the first host's libvirt and agent. */
export async function furnish({ here: { server, agent }, image }: Hosts, name: string): Promise<GuestSpec> {
  const disks: Disk[] = [{ name: 'data', bytes: 64 * mebi, target: 'vdb' }];
  const spec = guestSpec({
    ...{ name, uuid: randomUUID(), engine: 'tcg', nics: [], memoryMiB: 32, image, diskBytes, disks },
  });
  const [root, data] = [agent.paths.disk(name), agent.paths.extraDisk(name, 'data')];
  await server.run('mkdir', ['-p', agent.paths.diskFolder(name)]);
  const onImage = ['-b', agent.paths.image(image), '-F', 'qcow2'];
  await server.run('qemu-img', ['create', '-q', '-f', 'qcow2', ...onImage, root]);
  await server.run('qemu-img', ['create', '-q', '-f', 'qcow2', data, '64M']);
  const { letter, at, bytes } = written;
  for (const path of [root, data]) {
    await server.run('qemu-io', ['-f', 'qcow2', '-c', `write -P ${letter} ${at} ${bytes}`, path]);
  }
  await agent.call('guest.define', spec);
  return spec;
}

/** What qemu-io says when not all of it is there. */
export async function holdsWhatWasWritten({ server }: Host, path: string): Promise<boolean> {
  const { letter, at, bytes } = written;
  const said = await server.run('qemu-io', [
    '-r',
    '-f',
    'qcow2',
    '-c',
    `read -P ${letter} ${at} ${bytes}`,
    path,
  ]);
  return !said.includes('failed');
}

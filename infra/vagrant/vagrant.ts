/** Vagrant's own commands, run where its Vagrantfile lies. */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../src/process/run.ts';
import { addBox, buildBox } from './box.ts';
import { makeKeys } from './keys.ts';
import { keyFile, type Machines, readMachines, root, settingsFile, vagrantPlace } from './machines.ts';
import { removeSeeds, uploadSeeds } from './seed.ts';
import { virsh } from './virsh.ts';

export type Say = (line: string) => void;

/** Two machines that boot under emulation at once take minutes. */
const upMs = 20 * 60_000;
const downMs = 5 * 60_000;
const echo = (text: string): void => void process.stderr.write(text);

/** Makes all that the Vagrantfile reads. Changes nothing for machines that are up. */
export async function prepare(say: Say): Promise<Machines> {
  const machines = await readMachines();
  await mkdir(vagrantPlace(), { recursive: true, mode: 0o700 });
  await makeKeys(machines);
  const box = await buildBox(say);
  await addBox(box, say);
  const seeds = await uploadSeeds(machines);
  await writeFile(settingsFile(), `${JSON.stringify({ box: box.name, key: keyFile(), seeds })}\n`);
  return machines;
}

export async function up(say: Say, signal: AbortSignal): Promise<void> {
  say('vagrant up --provider libvirt');
  await run('vagrant', ['up', '--provider', 'libvirt'], {
    cwd: root,
    signal,
    timeoutMs: upMs,
    onOutput: echo,
  });
}

/** Removes the machines and what was made for them; the box stays, for the next time. Can be repeated. */
export async function down(say: Say): Promise<void> {
  const machines = await readMachines();
  say('vagrant destroy');
  await run('vagrant', ['destroy', '--force'], { cwd: root, timeoutMs: downMs, onOutput: echo });
  await removeSeeds(machines);
  await removeNetwork(machines.network.name);
  for (const name of await readdir(vagrantPlace())) {
    if (name !== 'boxes') await rm(join(vagrantPlace(), name), { recursive: true });
  }
}

/** The provider removes a network with its last machine, unless making that failed half-way. */
async function removeNetwork(name: string): Promise<void> {
  const names = (await virsh('net-list', '--all', '--name')).split('\n').map((line) => line.trim());
  if (!names.includes(name)) return;
  const active = (await virsh('net-list', '--name')).split('\n').map((line) => line.trim());
  if (active.includes(name)) await virsh('net-destroy', name);
  await virsh('net-undefine', name);
}

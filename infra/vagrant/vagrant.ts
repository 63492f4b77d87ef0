/** Vagrant's own commands, run where its Vagrantfile lies. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { run } from '../../src/process/run.ts';
import { needBox, removeOtherBoxes } from './box.ts';
import { makeKeys } from './keys.ts';
import { keyFile, type Machines, readMachines, root, settingsFile, vagrantPlace } from './machines.ts';
import { removeSeeds, uploadSeeds } from './seed.ts';
import { removeNetwork } from './virsh.ts';

export type Say = (line: string) => void;

/** What the Vagrantfile reads beside machines.json. `seeds`: path by machine, as libvirt has it. */
const settingsSchema = z.object({
  box: z.string(),
  key: z.string(),
  seeds: z.record(z.string(), z.string()),
});

/** Two machines that boot under emulation at once take minutes. */
const upMs = 20 * 60_000;
const downMs = 5 * 60_000;
const echo = (text: string): void => void process.stderr.write(text);

/** Makes all that the Vagrantfile reads. Changes nothing for machines that are up. */
export async function prepare(say: Say): Promise<Machines> {
  const machines = await readMachines();
  await mkdir(vagrantPlace(), { recursive: true, mode: 0o700 });
  await makeKeys(machines);
  const box = await needBox(say);
  const seeds = await uploadSeeds(machines);
  const settings: z.output<typeof settingsSchema> = { box, key: keyFile(), seeds };
  await writeFile(settingsFile(), `${JSON.stringify(settings)}\n`);
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

/** Removes the machines and what was made for them; the newest box stays, for the next time. Can be repeated. */
export async function down(say: Say): Promise<void> {
  const machines = await readMachines();
  say('vagrant destroy');
  await run('vagrant', ['destroy', '--force'], { cwd: root, timeoutMs: downMs, onOutput: echo });
  await removeSeeds(machines);
  // The provider removes a network with its last machine, unless making that one failed half-way.
  await removeNetwork(machines.network.name);
  const box = await currentBox();
  if (box !== undefined) await removeOtherBoxes(box);
  await rm(vagrantPlace(), { recursive: true, force: true });
}

async function currentBox(): Promise<string | undefined> {
  const text = await readFile(settingsFile(), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : settingsSchema.parse(JSON.parse(text)).box;
}

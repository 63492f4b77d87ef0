/** The two machines, as the Vagrantfile makes them, and where what is made for them lies. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { imageCache } from '../../images/cache.ts';
import { macSchema, nameSchema } from '../../src/wire/names.ts';

const machineSchema = z.strictObject({
  name: nameSchema,
  /** QEMU's machine type, and libvirt's names for how its disk and its NICs are attached. */
  machine: z.enum(['pc', 'q35']),
  disk: z.enum(['virtio', 'sata']),
  nic: z.enum(['virtio', 'e1000']),
  /** On the network between the machines. */
  address: z.ipv4(),
  uplinkMac: macSchema,
  wanMac: macSchema,
});
export type Machine = z.infer<typeof machineSchema>;

const fileSchema = z.strictObject({
  network: z.strictObject({ name: z.string(), prefix: z.int(), netmask: z.ipv4() }),
  machines: z.tuple([machineSchema, machineSchema]),
});
export type Machines = z.infer<typeof fileSchema>;

export const root = join(import.meta.dirname, '../..');

/** As the Vagrantfile has it, in `default_prefix`. */
export const domainOf = (machine: string): string => `blanket-${machine}`;

/** Keys and the Vagrantfile's settings; as long as the machines live. */
export const vagrantPlace = (env: NodeJS.ProcessEnv = process.env): string =>
  join(dirname(imageCache(env)), 'vagrant');

export const keyFile = (): string => join(vagrantPlace(), 'key');
export const hostKeyFile = (machine: string): string => join(vagrantPlace(), `${machine}-host-key`);
export const settingsFile = (): string => join(vagrantPlace(), 'settings.json');

export async function readMachines(): Promise<Machines> {
  return fileSchema.parse(JSON.parse(await readFile(join(import.meta.dirname, 'machines.json'), 'utf8')));
}

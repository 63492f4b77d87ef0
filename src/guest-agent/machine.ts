/** What an engine's proof rests on. It cannot change while the agent runs, so it is read once. */
import type { HostAccess } from '../blanket-drivers/access.ts';
import { readLeaf } from '../blanket-drivers/read-facts.ts';
import type { Machine } from '../wire/methods/engines.ts';
import { thisHost } from './host-access.ts';

/** Clouds switch the virtualization extension on and off for the same CPU, so it belongs to the CPU's name. */
export async function readMachine(host: HostAccess): Promise<Machine> {
  const { files } = host;
  const cpuinfo = (await files.text('/proc/cpuinfo')) ?? '';
  const field = (name: string) => new RegExp(`^${name}\\s*:\\s*(.*)$`, 'm').exec(cpuinfo)?.[1]?.trim() ?? '';
  const extension = /\b(?:vmx|svm)\b/.exec(field('flags'))?.[0];
  return {
    kernel: (await files.text('/proc/sys/kernel/osrelease')) ?? '',
    cpu: `${field('vendor_id')} ${field('model name')}, ${extension ?? 'neither vmx nor svm'}`,
    hypervisor: (await readLeaf(host)) ?? 'none',
  };
}

let known: Promise<Machine> | undefined;

export function thisMachine(): Promise<Machine> {
  known ??= readMachine(thisHost);
  return known;
}

/** What an engine's proof rests on. It cannot change while the agent runs, so it is read once. */
import { readLeaf } from '../blanket-drivers/read-facts.ts';
import type { Machine } from '../wire/methods/engines.ts';
import { thisHost } from './host-access.ts';

async function read(): Promise<Machine> {
  const { files } = thisHost;
  const cpuinfo = (await files.text('/proc/cpuinfo')) ?? '';
  const field = (name: string) => new RegExp(`^${name}\\s*:\\s*(.*)$`, 'm').exec(cpuinfo)?.[1]?.trim() ?? '';
  return {
    kernel: (await files.text('/proc/sys/kernel/osrelease')) ?? '',
    cpu: `${field('vendor_id')} ${field('model name')}`,
    hypervisor: (await readLeaf(thisHost)) ?? 'none',
  };
}

let known: Promise<Machine> | undefined;

export function thisMachine(): Promise<Machine> {
  known ??= read();
  return known;
}

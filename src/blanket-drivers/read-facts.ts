/** Takes every reading once. What a machine lacks is left out; nothing here judges. */
import type { Exec, Files, HostAccess } from './access.ts';
import { type Facts, factsSchema } from './facts.ts';
import { readCpu, readKvm, readMemory } from './read-cpu.ts';
import { readBlocks, readNics, readPci, readVmbus, readXenbus } from './read-devices.ts';
import { readClock, readConsoles, readEntropy, readPtp } from './read-kernel.ts';
import { attempt, defined } from './read-optional.ts';

const dmiFiles = [
  'sys_vendor',
  'product_name',
  'product_family',
  'product_version',
  'product_uuid',
  'product_serial',
  'bios_vendor',
  'bios_version',
  'board_vendor',
  'board_name',
  'board_asset_tag',
  'chassis_vendor',
  'chassis_asset_tag',
];

/** @throws ZodError when a reading has a shape that facts cannot hold. */
export async function readFacts({ exec, files }: HostAccess): Promise<Facts> {
  const readings = {
    kernel: files.text('/proc/sys/kernel/osrelease').then((release) => release ?? ''),
    hypervisor: readHypervisor(exec, files),
    cpu: readCpu(files),
    dmi: readDmi(files),
    pci: readPci(files),
    blocks: readBlocks(files),
    nics: readNics(exec, files),
    clock: readClock(files),
    kvm: readKvm(files),
    vmbus: readVmbus(files),
    xenbus: readXenbus(files),
    ptp: readPtp(files),
    entropy: readEntropy(files),
    consoles: readConsoles(files),
    memoryBytes: readMemory(files),
  };
  const taken = await Promise.all(
    Object.entries(readings).map(async ([name, reading]) => [name, await reading]),
  );
  return factsSchema.parse(defined({ version: 1, ...Object.fromEntries(taken) }));
}

/**
 * The hypervisor's name, by CPUID through /dev/cpu/0/cpuid: the file position is the leaf, a read gives EAX, EBX, ECX, EDX (cpuid(4)).
 * Leaf 0x40000000 holds the highest hypervisor leaf and then 12 characters of name.
 */
export async function readLeaf({ exec, files }: HostAccess): Promise<string | undefined> {
  await attempt(exec, 'modprobe', ['cpuid']);
  const registers = await files.bytes('/dev/cpu/0/cpuid', 0x40000000, 16);
  const cpuinfo = (await files.text('/proc/cpuinfo')) ?? '';
  // Without a hypervisor the leaf returns some other leaf's content, so the flag decides whether it is read.
  const virtual = /^flags\s*:.*\bhypervisor\b/m.test(cpuinfo);
  if (!virtual || registers?.length !== 16) return undefined;
  return Buffer.from(registers.subarray(4)).toString('latin1').replaceAll('\0', '') || undefined;
}

async function readHypervisor(exec: Exec, files: Files): Promise<Facts['hypervisor']> {
  const systemd = await attempt(exec, 'systemd-detect-virt', ['--vm']);
  return defined({
    leaf: await readLeaf({ exec, files }),
    systemd: systemd?.trim(),
    sysType: await files.text('/sys/hypervisor/type'),
    sysUuid: await files.text('/sys/hypervisor/uuid'),
  });
}

async function readDmi(files: Files): Promise<Facts['dmi']> {
  const readings = await Promise.all(
    dmiFiles.map(async (name) => [name, (await files.text(`/sys/class/dmi/id/${name}`))?.trim()] as const),
  );
  return Object.fromEntries(
    readings.filter((reading): reading is [string, string] => reading[1] !== undefined),
  );
}

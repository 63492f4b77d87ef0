/** The processor, the memory, and what KVM makes of them. */
import type { Files } from './access.ts';
import type { Facts } from './facts.ts';

const flagsAskedFor = ['hypervisor', 'vmx', 'svm', 'ept', 'npt', 'constant_tsc', 'nonstop_tsc'];

export async function readCpu(files: Files): Promise<Facts['cpu']> {
  const text = (await files.text('/proc/cpuinfo')) ?? '';
  const field = (name: string) => new RegExp(`^${name}\\s*:\\s*(.*)$`, 'm').exec(text)?.[1] ?? '';
  const flags = new Set(field('flags').split(' '));
  return {
    vendor: field('vendor_id'),
    model: field('model name'),
    count: Math.max(1, text.match(/^processor\s*:/gm)?.length ?? 0),
    flags: flagsAskedFor.filter((flag) => flags.has(flag)),
  };
}

/** Bytes that the kernel can use, a little less than the cloud sells. */
export async function readMemory(files: Files): Promise<number | undefined> {
  const kibibytes = /^MemTotal:\s*(\d+) kB$/m.exec((await files.text('/proc/meminfo')) ?? '')?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}

export async function readKvm(files: Files): Promise<Facts['kvm']> {
  const nested = await Promise.all(
    ['kvm_intel', 'kvm_amd'].map((module) => files.text(`/sys/module/${module}/parameters/nested`)),
  );
  return {
    device: await files.exists('/dev/kvm'),
    nested: nested.some((value) => value !== undefined && /^[Y1]/.test(value)),
  };
}

/** The libvirt in which Vagrant's provider makes its machines, by libvirt's own program. */
import { CommandError, run } from '../../src/process/run.ts';

/** The storage that the provider uses when it is told of no other. */
export const pool = 'default';
/** Where a pool of this name lies when libvirt's tools or the provider make it. */
const poolPath = '/var/lib/libvirt/images';

/** Gives what the command printed, without the empty lines around it. @throws CommandError */
export const virsh = async (...args: string[]): Promise<string> =>
  (await run('virsh', ['-q', '-c', 'qemu:///system', ...args])).stdout.trim();

async function succeeds(...args: string[]): Promise<boolean> {
  try {
    await virsh(...args);
    return true;
  } catch (error) {
    if (error instanceof CommandError && error.exitCode === 1) return false;
    throw error;
  }
}

export async function needPool(): Promise<void> {
  if (!(await succeeds('pool-info', pool))) {
    await virsh('pool-define-as', pool, 'dir', '--target', poolPath);
    await virsh('pool-build', pool);
  }
  if (!/^State:\s+running$/m.test(await virsh('pool-info', pool))) await virsh('pool-start', pool);
}

/** Lines of `NAME PATH`. */
export async function listVolumes(): Promise<string[]> {
  return (await virsh('vol-list', pool)).split('\n').map((line) => line.trim().split(/\s+/)[0] ?? '');
}

/** Idempotent. */
export async function removeVolume(volume: string): Promise<void> {
  if (await succeeds('vol-info', '--pool', pool, volume)) await virsh('vol-delete', '--pool', pool, volume);
}

/** Idempotent. */
export async function removeNetwork(name: string): Promise<void> {
  const list = async (...args: string[]) => (await virsh('net-list', '--name', ...args)).split(/\s+/);
  if ((await list()).includes(name)) await virsh('net-destroy', name);
  if ((await list('--all')).includes(name)) await virsh('net-undefine', name);
}

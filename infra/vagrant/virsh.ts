/** The libvirt in which Vagrant's provider makes its machines, by libvirt's own program. */
import { run } from '../../src/process/run.ts';

/** Gives what the command printed, without the empty lines around it. @throws CommandError */
export const virsh = async (...args: string[]): Promise<string> =>
  (await run('virsh', ['-q', '-c', 'qemu:///system', ...args])).stdout.trim();

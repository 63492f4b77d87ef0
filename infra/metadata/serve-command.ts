/** The program that answers one connection of a VM's, for whoever accepts connections. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('./serve-main.ts', import.meta.url));

/**
 * `vm` is the VM's directory. A first boot connects dozens of times and each time this is a new process: with its
 * code kept compiled it takes about 0.1 s of a processor, without a third more. What it prints goes to the VM, so
 * warnings are off.
 */
export const serveCommand = (vm: string): readonly string[] => [
  'env',
  `NODE_COMPILE_CACHE=${join(vm, 'compile-cache')}`,
  process.execPath,
  '--no-warnings',
  main,
  vm,
];

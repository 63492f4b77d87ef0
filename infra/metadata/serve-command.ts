/** The program that answers one connection of a VM's, for whoever accepts connections. */
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('./serve-main.ts', import.meta.url));

/** `vm` is the VM's directory. Warnings are off, since what the program prints goes to the VM. */
export const serveCommand = (vm: string): readonly string[] => [process.execPath, '--no-warnings', main, vm];

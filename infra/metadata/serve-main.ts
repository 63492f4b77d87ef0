/**
 * One connection's metadata service: `node serve-main.ts <directory of the VM>`, started by QEMU whenever its VM
 * connects to 169.254.169.254, with the connection as standard input, output and error. It ends with its connection,
 * so with its VM too, and depends on no other process. Where it would print, a guest would read: faults go to a file.
 */
import { appendFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { metadataServer } from './serve.ts';

const [vm] = process.argv.slice(2);
if (vm === undefined) process.exit(2);

const log = (text: string): void =>
  appendFileSync(join(vm, 'metadata.log'), `${new Date().toISOString()} ${text}\n`, { mode: 0o600 });
process.on('uncaughtException', (error) => {
  log(error.stack ?? error.message);
  process.exit(1);
});

const connection = new Socket({ fd: 0, readable: true, writable: true });
connection.on('error', () => process.exit(0)); // the VM is gone, or has reset the connection
connection.on('close', () => process.exit(0));
metadataServer(vm, log).emit('connection', connection);

/** A disk whose first cluster cannot be read: it is compressed, and not what a compressor makes. */
import type { Server } from './server.ts';
import { writeWritingBase } from './writing-guest.ts';

/** Where `qemu-img` puts the data of a new file: behind the header, two tables of references and two of places. */
const firstData = 5 * 64 * 1024;

export async function makeUnreadableDisk(server: Server): Promise<string> {
  const path = `${server.directory}/unreadable.qcow2`;
  const from = await writeWritingBase(server, 'unreadable.raw');
  await server.run('qemu-img', ['convert', '-c', '-f', 'raw', '-O', 'qcow2', from, path]);
  await server.run('qemu-io', ['-f', 'raw', '-c', `write -P 0xff ${firstData} 512`, path]);
  return path;
}

/**
 * The size that a qcow2 file shows to a guest, from its header (QEMU, docs/interop/qcow2.txt): asking `qemu-img` takes
 * most of a second on an emulated host.
 */
import { open } from 'node:fs/promises';
import { BlanketError } from '../wire/errors.ts';

const magic = 0x514649fb; // "QFI" and 0xfb
const sizeOffset = 24;

/** Bytes. @throws BlanketError `disk.not-qcow2` */
export async function virtualBytesOf(path: string): Promise<number> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(sizeOffset + 8), 0, sizeOffset + 8, 0);
    if (bytesRead === buffer.length && buffer.readUInt32BE(0) === magic) {
      return Number(buffer.readBigUInt64BE(sizeOffset));
    }
  } finally {
    await file.close();
  }
  throw new BlanketError('disk.not-qcow2', `${path} is not a qcow2 file.`);
}

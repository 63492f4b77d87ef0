/**
 * The smallest guest that shows it is alive: a boot sector that counts the timer's ticks (18 a second), prints the
 * count to the serial port, and sends each character that it reads back in the other case. After 4096 ticks (under
 * four minutes) it resets itself, on which its QEMU ends: whatever becomes of a test, nothing is left running.
 */
import type { Server } from './server.ts';

/** 16-bit code at 0x7c00. A count is four letters from `a` (0) to `p` (15) and a line feed. */
const code = [
  [0x31, 0xc0], //             xor ax, ax
  [0x8e, 0xd8], //             mov ds, ax
  [0x8e, 0xd0], //             mov ss, ax
  [0xbc, 0x00, 0x7c], //       mov sp, 0x7c00
  [0x31, 0xdb], //             xor bx, bx         ; the count
  [0xfb], //                   sti
  [0xf4], //             tick: hlt                ; until the timer's interrupt
  [0xba, 0xfd, 0x03], //       mov dx, 0x3fd      ; line status
  [0xec], //                   in al, dx
  [0xa8, 0x01], //             test al, 1         ; a character came?
  [0x74, 0x07], //             jz count
  [0xba, 0xf8, 0x03], //       mov dx, 0x3f8      ; data
  [0xec], //                   in al, dx
  [0x34, 0x20], //             xor al, 0x20       ; the other case
  [0xee], //                   out dx, al
  [0x43], //            count: inc bx
  [0xf6, 0xc7, 0x10], //       test bh, 0x10
  [0x75, 0x17], //             jnz reset
  [0xb9, 0x04, 0x00], //       mov cx, 4
  [0xc1, 0xc3, 0x04], // digit: rol bx, 4
  [0x88, 0xd8], //             mov al, bl
  [0x24, 0x0f], //             and al, 0x0f
  [0x04, 0x61], //             add al, 'a'
  [0xba, 0xf8, 0x03], //       mov dx, 0x3f8
  [0xee], //                   out dx, al
  [0xe2, 0xf1], //             loop digit
  [0xb0, 0x0a], //             mov al, 10
  [0xee], //                   out dx, al
  [0xeb, 0xd3], //             jmp tick
  [0xb0, 0xfe], //      reset: mov al, 0xfe
  [0xe6, 0x64], //             out 0x64, al       ; the keyboard controller's reset line
  [0xf4], //                   hlt
].flat();

/** Bytes that only the overlay has, so a migration has a disk to copy. */
const overlayBytes = 8 * 1024 * 1024;
/** Where they are: the disk's second half. */
const overlayAt = 8 * 1024 * 1024;

/** Bytes of a boot disk as the guest sees it. */
export const diskBytes = 16 * 1024 * 1024;

/** A disk with nothing on it but this boot sector. */
export function bootDisk(sector: readonly number[]): Buffer {
  const disk = Buffer.alloc(diskBytes);
  Buffer.from(sector).copy(disk);
  disk.writeUInt16LE(0xaa55, 510);
  return disk;
}

/** Writes the base disk that the guest boots from, and gives its path. */
export const writeBase = (server: Server): Promise<string> => server.write('base.raw', bootDisk(code));

/** Makes a disk of the guest's own on the base; `filled` with so many bytes of data in its second half. */
export async function makeOverlay(
  server: Server,
  base: string,
  filled: boolean,
  bytes = overlayBytes,
): Promise<string> {
  const path = `${server.directory}/disk-${filled ? 'full' : 'empty'}.qcow2`;
  await server.run('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', base, path]);
  const write = `write -P 0x42 ${overlayAt} ${bytes}`;
  if (filled) await server.run('qemu-io', ['-f', 'qcow2', '-c', write, path]);
  return path;
}

/** @param type the server's `domainType`. */
export const guestXml = (name: string, uuid: string, disk: string, type = 'qemu'): string => `
  <domain type='${type}'>
    <name>${name}</name><uuid>${uuid}</uuid>
    <memory unit='MiB'>32</memory><vcpu>1</vcpu>
    <os><type arch='x86_64' machine='pc'>hvm</type><boot dev='hd'/></os>
    <features><acpi/></features><on_reboot>destroy</on_reboot>
    <devices>
      <disk type='file' device='disk'>
        <driver name='qemu' type='qcow2'/><source file='${disk}'/><target dev='vda' bus='virtio'/>
      </disk>
      <serial type='pty'/><console type='pty'/>
      <controller type='usb' model='none'/><memballoon model='none'/>
    </devices>
  </domain>`;

/** The count that four letters stand for. */
const toCount = (letters: string): number =>
  [...letters].reduce((count, letter) => count * 16 + letter.charCodeAt(0) - 97, 0);

/** The counts in what the guest printed. */
export const countsIn = (printed: string): number[] =>
  [...printed.matchAll(/\n([a-p]{4})(?=\r?\n)/g)].map(([, letters = '']) => toCount(letters));

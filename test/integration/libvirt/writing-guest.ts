/**
 * The tiny guest that also writes to its disk: it counts as that one does, and for each letter that it reads on the
 * serial port it fills 32 KiB of its disk with the letter and then answers with the letter in the other case. Capital
 * letters go to 4 MiB, small ones to 6 MiB. Letters from `q` on cannot be mistaken for a part of a count.
 */
import { consoleFlags } from '../../../src/libvirt/constants.ts';
import type { Domain } from '../../../src/libvirt/domain.ts';
import { readUntil } from './console-reader.ts';
import type { Server } from './server.ts';
import { bootDisk } from './tiny-guest.ts';

/** 16-bit code at 0x7c00. */
const code = [
  [0x31, 0xc0], //             xor ax, ax
  [0x8e, 0xd8], //             mov ds, ax
  [0x8e, 0xc0], //             mov es, ax
  [0x8e, 0xd0], //             mov ss, ax
  [0xbc, 0x00, 0x7c], //       mov sp, 0x7c00
  [0x89, 0xd5], //             mov bp, dx         ; the disk's number
  [0x31, 0xdb], //             xor bx, bx         ; the count
  [0xfc], //                   cld
  [0xfb], //                   sti
  [0xf4], //             tick: hlt                ; until the timer's interrupt
  [0xba, 0xfd, 0x03], //       mov dx, 0x3fd      ; line status
  [0xec], //                   in al, dx
  [0xa8, 0x01], //             test al, 1         ; a letter came?
  [0x74, 0x28], //             jz count
  [0xba, 0xf8, 0x03], //       mov dx, 0x3f8      ; data
  [0xec], //                   in al, dx
  [0x50], //                   push ax
  [0xbf, 0x00, 0x80], //       mov di, 0x8000
  [0x89, 0xf9], //             mov cx, di
  [0xf3, 0xaa], //             rep stosb
  [0x83, 0xe0, 0x60], //       and ax, 0x60
  [0xc1, 0xe0, 0x07], //       shl ax, 7          ; sector 0x2000 or 0x3000
  [0xa3, 0x6c, 0x7c], //       mov [sector], ax
  [0xbe, 0x64, 0x7c], //       mov si, packet
  [0x89, 0xea], //             mov dx, bp
  [0xb8, 0x00, 0x43], //       mov ax, 0x4300     ; extended write
  [0xcd, 0x13], //             int 0x13
  [0x58], //                   pop ax
  [0x72, 0x06], //             jc count           ; it failed: no answer
  [0x34, 0x20], //             xor al, 0x20       ; the other case
  [0xba, 0xf8, 0x03], //       mov dx, 0x3f8
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
  [0xeb, 0xb2], //             jmp tick
  [0xb0, 0xfe], //      reset: mov al, 0xfe
  [0xe6, 0x64], //             out 0x64, al
  [0xf4], //                   hlt
  [0x10, 0x00, 0x40, 0x00], // packet: 64 sectors
  [0x00, 0x80, 0x00, 0x00], //         from 0:0x8000
  [0, 0, 0, 0, 0, 0, 0, 0], // sector:
].flat();

/** The raw disk that such a guest boots from. */
export const writeWritingBase = (server: Server, name = 'writing.raw'): Promise<string> =>
  server.write(name, bootDisk(code));

/** The same as a qcow2 file with no other below it. */
export async function makeWritingDisk(server: Server, name: string): Promise<string> {
  const path = `${server.directory}/${name}`;
  await server.run('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', await writeWritingBase(server), path]);
  return path;
}

type Letter = 'Q' | 'R' | 'S' | 'T' | 'U' | 'V' | 'W' | 'X' | 'Y' | 'Z';

const placeOf = (letter: string): string => (letter < 'a' ? '4M' : '6M');

/** Lets the guest write the letter to its disk, and waits until it says that it has. */
export async function guestWrites(domain: Domain, letter: Letter | Lowercase<Letter>): Promise<void> {
  const stream = await domain.openConsole({ flags: consoleFlags.force });
  const other = String.fromCharCode(letter.charCodeAt(0) ^ 0x20);
  const answer = readUntil(stream, (printed) => printed.includes(other));
  stream.write(letter);
  await answer;
  stream.destroy();
}

/** Whether the guest's write of the letter is in the image. While QEMU has it, it must be paused: then all is written. */
export async function holds(
  server: Server,
  image: string,
  letter: Letter | Lowercase<Letter>,
): Promise<boolean> {
  const read = `read -P ${letter.charCodeAt(0)} ${placeOf(letter)} 32k`;
  const printed = await server.run('qemu-io', ['-U', '-r', '-c', read, image]).catch(String);
  return /read 32768\/32768 bytes/.test(printed) && !/verification failed/.test(printed);
}

/** Does something while the guest does nothing and its disks' files are complete. */
export async function whilePaused<T>(domain: Domain, action: () => Promise<T>): Promise<T> {
  await domain.suspend();
  try {
    return await action();
  } finally {
    await domain.resume();
  }
}

/** Whether two images hold the same bytes, as a guest sees them. */
export async function sameContent(server: Server, one: string, other: string): Promise<boolean> {
  const printed = await server.run('qemu-img', ['compare', '-U', one, other]).catch(String);
  if (/Images are identical/.test(printed)) return true;
  if (/Content mismatch/.test(printed)) return false;
  throw new Error(`qemu-img compare: ${printed}`);
}

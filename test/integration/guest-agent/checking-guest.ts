/**
 * A guest that never stops writing its memory and says when it has lost any. It fills the 8 MiB from 1 MiB on; then, at each of
 * the timer's ticks (18 a second), it writes one word into each page of the 512 KiB from 0x10000 on, reads all of them back, every
 * 32nd time the 8 MiB too, and prints a letter; `!` when a page holds what it has not written. After four minutes it resets the
 * machine.
 *
 * It turns CR0's WP over before each page, which makes the emulator forget what it knows of pages: QEMU before 9 does not see
 * all of a guest's writes else. SeaBIOS leaves it without segment limits.
 */

import { consoleFlags } from '../../../src/libvirt/constants.ts';
import type { Domain } from '../../../src/libvirt/domain.ts';
import { readUntil } from '../libvirt/console-reader.ts';

/** 16-bit code at 0x7c00. */
export const checksMemory = [
  [0x31, 0xc0], //                           xor ax, ax
  [0x8e, 0xd8], //                           mov ds, ax
  [0x8e, 0xd0], //                           mov ss, ax
  [0xbc, 0x00, 0x7c], //                     mov sp, 0x7c00
  [0x8e, 0xc0], //                           mov es, ax
  [0x66, 0xbf, 0x00, 0x00, 0x10, 0x00], //   mov edi, 0x100000
  [0x66, 0xb9, 0x00, 0x00, 0x20, 0x00], //   mov ecx, 0x200000
  [0x66, 0xb8, 0xa5, 0xa5, 0xa5, 0xa5], //   mov eax, 0xa5a5a5a5
  [0xf3, 0x67, 0x66, 0xab], //               rep stosd           ; by edi
  [0x31, 0xdb], //                           xor bx, bx
  [0xfb], //                                 sti
  [0xc7, 0x06, 0x6c, 0x04, 0x00, 0x00], //   mov word [0x46c], 0 ; the BIOS's ticks
  [0xf4], //                          again: hlt
  [0x80, 0x3e, 0x6d, 0x04, 0x10], //         cmp byte [0x46d], 0x10
  [0x73, 0x6d], //                           jae reset
  [0x43], //                                 inc bx
  [0xba, 0x00, 0x10], //                     mov dx, 0x1000
  [0x0f, 0x20, 0xc0], //              write: mov eax, cr0
  [0x66, 0x35, 0x00, 0x00, 0x01, 0x00], //   xor eax, 0x10000
  [0x0f, 0x22, 0xc0], //                     mov cr0, eax
  [0x8e, 0xc2], //                           mov es, dx
  [0x26, 0x89, 0x1e, 0x00, 0x00], //         mov [es:0], bx
  [0x81, 0xc2, 0x00, 0x01], //               add dx, 0x100
  [0x81, 0xfa, 0x00, 0x90], //               cmp dx, 0x9000
  [0x75, 0xe3], //                           jne write
  [0xba, 0x00, 0x10], //                     mov dx, 0x1000
  [0x8e, 0xc2], //                     read: mov es, dx
  [0x26, 0x39, 0x1e, 0x00, 0x00], //         cmp [es:0], bx
  [0x75, 0x37], //                           jne bad
  [0x81, 0xc2, 0x00, 0x01], //               add dx, 0x100
  [0x81, 0xfa, 0x00, 0x90], //               cmp dx, 0x9000
  [0x75, 0xed], //                           jne read
  [0xf6, 0xc3, 0x1f], //                     test bl, 0x1f
  [0x75, 0x1c], //                           jnz tell
  [0x31, 0xd2], //                           xor dx, dx
  [0x8e, 0xc2], //                           mov es, dx
  [0x66, 0xbf, 0x00, 0x00, 0x10, 0x00], //   mov edi, 0x100000
  [0x66, 0xb9, 0x00, 0x00, 0x20, 0x00], //   mov ecx, 0x200000
  [0x66, 0xb8, 0xa5, 0xa5, 0xa5, 0xa5], //   mov eax, 0xa5a5a5a5
  [0xf3, 0x67, 0x66, 0xaf], //               repe scasd
  [0x75, 0x0c], //                           jne bad
  [0xba, 0xf8, 0x03], //               tell: mov dx, 0x3f8
  [0x88, 0xd8], //                           mov al, bl
  [0x24, 0x0f], //                           and al, 0x0f
  [0x04, 0x61], //                           add al, 'a'
  [0xee], //                                 out dx, al
  [0xeb, 0x94], //                           jmp again
  [0xba, 0xf8, 0x03], //                bad: mov dx, 0x3f8
  [0xb0, 0x21], //                           mov al, '!'
  [0xee], //                                 out dx, al
  [0xf4], //                                 hlt
  [0xeb, 0xf7], //                           jmp bad
  [0xb0, 0xfe], //                    reset: mov al, 0xfe
  [0xe6, 0x64], //                           out 0x64, al
  [0xf4], //                                 hlt
].flat();

/** What the guest prints from now on, until it has been through its memory so many times. */
export async function roundsOf(domain: Domain, rounds: number): Promise<string> {
  const stream = await domain.openConsole({ flags: consoleFlags.force });
  const printed = await readUntil(
    stream,
    (text) => /!/.test(text) || [...text.matchAll(/[a-p]/g)].length >= rounds,
  );
  stream.destroy();
  return printed;
}

/** What all runs share: a folder in memory, a small image, and a `qemu-img` that copies it and tells of a file that lies on nothing. */
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { digestOf } from '../../../src/guest-agent/images.ts';

export type Ground = { folder: string; image: string; digest: string };

/** A qcow2 header is all that is read of it: magic, version 3, and at byte 24 the size. */
function header(bytes: bigint): Buffer {
  const text = Buffer.alloc(104);
  text.writeUInt32BE(0x514649fb, 0);
  text.writeUInt32BE(3, 4);
  text.writeBigUInt64BE(bytes, 24);
  return text;
}

export async function makeGround(): Promise<Ground> {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'blanket-model-'));
  const image = join(folder, 'image.qcow2');
  writeFileSync(image, header(1_048_576n));
  const program = join(folder, 'qemu-img');
  const info = '{"format": "qcow2", "virtual-size": 1048576}';
  const lines = [
    `[ "$1" = info ] && echo '${info}' && exit`,
    'while [ $# -gt 2 ]; do shift; done',
    `exec cp ${image} "$1"`,
  ];
  writeFileSync(program, ['#!/bin/sh', ...lines, ''].join('\n'));
  chmodSync(program, 0o755);
  process.env.PATH = `${folder}${delimiter}${process.env.PATH ?? ''}`;
  return { folder, image, digest: await digestOf(image) };
}

export const leaveGround = ({ folder }: Ground): void => rmSync(folder, { recursive: true, force: true });

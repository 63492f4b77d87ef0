/** What all runs share: a folder in memory, a small image, and a `qemu-img` that only copies it. */
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { digestOf } from '../../../src/guest-agent/images.ts';
import { type Objective, objectiveSchema } from '../../../src/wire/objective.ts';

export type Ground = { folder: string; image: string; digest: string; objective: Objective };

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
  writeFileSync(program, `#!/bin/sh\nwhile [ $# -gt 2 ]; do shift; done\nexec cp ${image} "$1"\n`);
  chmodSync(program, 0o755);
  process.env.PATH = `${folder}${delimiter}${process.env.PATH ?? ''}`;
  return { folder, image, digest: await digestOf(image), objective: objectiveSchema.parse({}) };
}

export const leaveGround = ({ folder }: Ground): void => rmSync(folder, { recursive: true, force: true });

/** Directory pools on a server's machine, and volumes in them. */
import { createHash, type Hash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { StoragePool } from '../../../src/libvirt/storage/pool.ts';
import type { Volume } from '../../../src/libvirt/storage/volume.ts';

export const poolXml = (name: string, path: string): string =>
  `<pool type='dir'><name>${name}</name><target><path>${path}</path></target></pool>`;

type Shape = {
  format?: string;
  /** Bytes that are taken at once; the rest is a hole. */
  allocation?: number;
};

export const volumeXml = (
  name: string,
  capacity: number,
  { format = 'raw', allocation = capacity }: Shape = {},
): string => `
  <volume>
    <name>${name}</name>
    <capacity unit='bytes'>${capacity}</capacity><allocation unit='bytes'>${allocation}</allocation>
    <target><format type='${format}'/></target>
  </volume>`;

/** Deletes what is left in a pool that is not defined, and stops it, which is its end. */
export async function dropTransientPool(pool: StoragePool): Promise<void> {
  for (const volume of await pool.volumes.list()) await volume.delete();
  await pool.destroy();
}

/** Bytes that repeat nowhere near: `size` of them, in pieces of odd lengths. */
export function* content(size: number, pieceSize = 65_521): Generator<Buffer, void> {
  for (let at = 0; at < size; at += pieceSize) {
    const piece = Buffer.alloc(Math.min(pieceSize, size - at), at % 251);
    piece.write(`@${at}`);
    yield piece;
  }
}

export const bytesOf = (size: number): Buffer => Buffer.concat([...content(size)]);

const sha256 = (): Hash => createHash('sha256');
export const digest = (bytes: Uint8Array): string => sha256().update(bytes).digest('hex');

export async function digestOf(source: Readable | Iterable<Buffer>): Promise<string> {
  const hash = sha256();
  for await (const piece of source) hash.update(piece as Buffer);
  return hash.digest('hex');
}

export async function readAll(source: Readable): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of source) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

export async function fill(volume: Volume, size: number): Promise<void> {
  await pipeline(content(size), await volume.upload());
}

/**
 * How fast one of this host's CPUs compresses memory, to tell whether a copy gains by it. What is compressed are pages of
 * this process: programs, libraries and a heap, as a guest's memory has them. Zero pages are left out, since no hypervisor
 * sends them. It is over after a part of a second, on one CPU, and nothing is kept.
 */
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import type { Compressing } from '../../wire/methods/plan.ts';

/** What QEMU compresses at once (MULTIFD_PACKET_SIZE) is 512 KiB; a quarter of it keeps the time to the limit. */
const PIECE_BYTES = 128 * 1024;
const MOST_BYTES = 4 * 2 ** 20;
const LIMIT_MS = 250;
const PAGE_BYTES = 4096;

export type Compressor = { compress(piece: Buffer): Promise<Buffer>; asFastAsZstd: number };

/**
 * Node before 22.15 has no zstd. On a processor on which both were measured (docs/decisions/copy-choice.md) zstd was 2.2 times
 * as fast as deflate at its fastest, at the same size.
 */
const deflateToZstd = 2;

function compressor(): Compressor {
  if (typeof zlib.zstdCompress === 'function') {
    const pack = promisify(zlib.zstdCompress);
    const params = { [zlib.constants.ZSTD_c_compressionLevel]: 1 };
    return { compress: (piece) => pack(piece, { params }), asFastAsZstd: 1 };
  }
  const pack = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.deflateRaw);
  return { compress: (piece) => pack(piece, { level: 1 }), asFastAsZstd: deflateToZstd };
}

type Range = { from: number; bytes: number };

/** Of `/proc/PID/maps` what holds pages that can be read; the kernel's own pages (vvar, vsyscall) cannot. */
export const readableIn = (maps: string): Range[] =>
  [...maps.matchAll(/^([0-9a-f]+)-([0-9a-f]+) r\S+ \S+ \S+ \d+ *(.*)$/gm)].flatMap(
    ([, from = '', to = '', what = '']) => {
      const [first, last] = [Number.parseInt(from, 16), Number.parseInt(to, 16)];
      const readable = Number.isSafeInteger(last) && !/^\[(?:vvar|vsyscall)/.test(what);
      return readable ? [{ from: first, bytes: last - first }] : [];
    },
  );

/** Pages that are not all zero, from ranges that are spread over all of them. */
export async function samplePages(memory: FileHandle, ranges: readonly Range[]): Promise<Buffer[]> {
  const pieces = ranges.flatMap(({ from, bytes }) =>
    Array.from({ length: Math.floor(bytes / PIECE_BYTES) }, (_, index) => from + index * PIECE_BYTES),
  );
  const wanted = MOST_BYTES / PIECE_BYTES;
  const step = Math.max(1, pieces.length / wanted);
  const found: Buffer[] = [];
  for (let at = 0; at < pieces.length && found.length < wanted; at += step) {
    const { buffer, bytesRead } = await memory.read(
      Buffer.alloc(PIECE_BYTES),
      0,
      PIECE_BYTES,
      pieces[Math.floor(at)],
    );
    const full = fullPages(buffer.subarray(0, bytesRead));
    if (full.length > 0) found.push(full);
  }
  return found;
}

function fullPages(piece: Buffer): Buffer {
  const zero = Buffer.alloc(PAGE_BYTES);
  const pages = Array.from({ length: Math.floor(piece.length / PAGE_BYTES) }, (_, index) =>
    piece.subarray(index * PAGE_BYTES, (index + 1) * PAGE_BYTES),
  );
  return Buffer.concat(pages.filter((page) => !page.equals(zero)));
}

async function ownPages(): Promise<Buffer[]> {
  const ranges = readableIn(await readFile('/proc/self/maps', 'utf8'));
  const memory = await open('/proc/self/mem');
  try {
    return await samplePages(memory, ranges);
  } finally {
    await memory.close();
  }
}

/** Bytes a second, before compression. @throws what reading this process's memory throws. */
export async function measureCompressing({ compress, asFastAsZstd } = compressor()): Promise<Compressing> {
  const pieces = await ownPages();
  const startedAt = performance.now();
  let bytes = 0;
  for (const piece of pieces) {
    await compress(piece);
    bytes += piece.length;
    if (performance.now() - startedAt >= LIMIT_MS) break;
  }
  const seconds = Math.max(performance.now() - startedAt, 0.001) / 1000;
  return { bytesPerSecond: Math.round((bytes / seconds) * asFastAsZstd), cpus: availableParallelism() };
}

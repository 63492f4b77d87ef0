/** Sets of CPUs: on the wire a bit for each, the lowest of the first byte first; here their numbers. */
import { XdrError } from './errors.ts';
import { bytes, type Codec } from './xdr.ts';
import { mapped } from './xdr-structures.ts';

/** REMOTE_CPUMAP_MAX, bytes. */
const maxMap = 2048;

function toMap(cpus: readonly number[]): Uint8Array {
  for (const cpu of cpus) {
    if (!Number.isInteger(cpu) || cpu < 0 || cpu >= maxMap * 8)
      throw new XdrError(`${cpu} is not the number of a CPU.`);
  }
  const map = new Uint8Array((cpus.reduce((most, cpu) => Math.max(most, cpu), 0) >> 3) + 1);
  for (const cpu of cpus) {
    map[cpu >> 3] = (map[cpu >> 3] ?? 0) | (1 << (cpu & 7));
  }
  return map;
}

/** The numbers of the CPUs whose bits are set. */
export const cpusIn = (map: Uint8Array): number[] =>
  [...map].flatMap((byte, index) =>
    [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => (byte & (1 << bit)) !== 0).map((bit) => index * 8 + bit),
  );

/** @throws XdrError for a number over 16,383. */
export const cpuMap: Codec<number[]> = mapped(bytes(maxMap), toMap, cpusIn);

/** Several maps of `size` bytes each, one behind the other. */
export const splitMaps = (maps: Uint8Array, size: number): number[][] =>
  Array.from({ length: Math.floor(maps.length / size) }, (_, index) =>
    cpusIn(maps.subarray(index * size, (index + 1) * size)),
  );

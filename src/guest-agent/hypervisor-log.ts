/**
 * What QEMU and libvirt wrote of a guest, in the file that libvirt keeps for it (`/var/log/libvirt/qemu/<guest>.log`).
 *
 *   2026-01-02 03:04:05.678+0000: starting up libvirt version: …      libvirt's own, with QEMU's command line after it
 *   LC_ALL=C \                                                         … which goes on while lines end in a backslash
 *   2026-01-02T03:04:05.678901Z qemu-system-x86_64: load of …         QEMU's, since libvirt starts it with `-msg timestamp=on`
 *   a line without a time                                              belongs to the one before it
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { mostLogBytes, mostLogLines } from '../wire/methods/hypervisor.ts';

const folder = '/var/log/libvirt/qemu';

/** A guest may have run for months; only the end of its file is of interest. */
const tailBytes = 64 * 1024;

/** @param since Unix ms, by this host's clock. Without a file there are no lines. */
export async function hypervisorLog(guest: string, since: number, at: string = folder): Promise<string[]> {
  const text = await tailOf(join(at, `${guest}.log`));
  return text === undefined ? [] : logLines(text, since);
}

async function tailOf(path: string): Promise<string | undefined> {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    const from = Math.max(0, size - tailBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(tailBytes), 0, tailBytes, from);
    const text = buffer.toString('utf8', 0, bytesRead);
    return from === 0 ? text : text.slice(text.indexOf('\n') + 1);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

const timed = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d+)?)(?:Z|\+0000)/;

const timeOf = (line: string): number | undefined => {
  const [, day, time] = timed.exec(line) ?? [];
  return day === undefined ? undefined : Date.parse(`${day}T${time?.slice(0, 12)}Z`);
};

/** The last lines since then, at most `mostLogLines` and `mostLogBytes`. */
export function logLines(text: string, since: number): string[] {
  let now = Number.NEGATIVE_INFINITY;
  let command = false;
  const wanted: string[] = [];
  for (const line of text.split('\n')) {
    const time = timeOf(line);
    now = time ?? now;
    const ofCommand = line.endsWith('\\');
    if (time !== undefined || !(command || ofCommand)) {
      if (now >= since && line.trim() !== '') wanted.push(plain(line));
    }
    command = ofCommand;
  }
  return lastOf(wanted);
}

const secret = /\b(\w*(?:password|passwd|secret|token|key)\w*)=[^,\s]+/gi;

/** A guest has a say in what its hypervisor writes: nothing in it may steer a terminal. */
const plain = (line: string): string =>
  line
    .replace(/[^\x20-\x7e]/g, '')
    .replace(secret, '$1=***')
    .slice(0, 500);

function lastOf(lines: readonly string[]): string[] {
  let room = mostLogBytes;
  const last = lines.slice(-mostLogLines).reverse();
  const fits = last.findIndex((line) => {
    room -= line.length + 1;
    return room < 0;
  });
  return (fits === -1 ? last : last.slice(0, fits)).reverse();
}

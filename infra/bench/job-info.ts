/** What `virsh domjobinfo --completed` says of a migration that has ended (virsh(1)). */

const units: Record<string, number> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** `normalBytes`: pages that were not zero, each time that they were sent. `fileBytes`: disk blocks. */
export type JobInfo = { downtimeMs: number; normalBytes: number; fileBytes: number };

function bytesOf(text: string, name: string): number | undefined {
  const [, size, unit] = new RegExp(`^${name}:\\s+([\\d.]+)\\s*(\\w+)`, 'm').exec(text) ?? [];
  const factor = units[unit ?? ''];
  return factor === undefined ? undefined : Math.round(Number(size) * factor);
}

/** @throws Error when downtime or memory are missing; a guest whose overlay is empty has no line on files. */
export function readJobInfo(text: string): JobInfo {
  const downtime = /^Total downtime:\s+(\d+)\s*ms/m.exec(text)?.[1];
  const normalBytes = bytesOf(text, 'Normal data');
  if (downtime === undefined || normalBytes === undefined)
    throw new Error(`virsh domjobinfo told no downtime or memory:\n${text}`);
  return { downtimeMs: Number(downtime), normalBytes, fileBytes: bytesOf(text, 'File processed') ?? 0 };
}

/** The cloud's disk: who drives it, who orders its requests, and how long it may be silent. */
import { basename, dirname, join } from 'node:path';
import type { Files } from '../access.ts';
import { stableRoot } from './disk-root.ts';
import { trim } from './disk-trim.ts';
import { ofDevice, type Part } from './parts.ts';
import { failed, set } from './report.ts';
import { verifySetting, writeSetting } from './setting.ts';
import type { DiskPlan, Report } from './shim.ts';

/** The drivers of the disk and of every device above it, nearest first: a SCSI disk's own is only `sd`. */
async function driversOf(files: Files, name: string): Promise<string[]> {
  const link = await files.link(`/sys/block/${name}`);
  const found: string[] = [];
  if (link === undefined) return found;
  for (let at = join('/sys/block', link); at.startsWith('/sys/devices/'); at = dirname(at)) {
    const driver = await files.link(`${at}/driver`);
    if (driver !== undefined) found.push(basename(driver));
  }
  return found;
}

const asModule = (driver: string) => driver.replaceAll('-', '_');

const driver: Part<DiskPlan> = {
  async verify({ name, module }, { files }) {
    if (module === undefined) return undefined;
    const drivers = await driversOf(files, name);
    const ok = drivers.some((one) => asModule(one) === asModule(module));
    return ok
      ? set(`driver ${module}`)
      : failed(`its driver is ${drivers.join(' on ') || 'none'}, not ${module}`);
  },
};

/** The kernel keeps ms here; it reads what is over as endless, and gives back what its clock's ticks make of it. */
const longestMs = 2 ** 31 - 1;
const tickMs = 10;

type Wish = { path: string; value: string; same?: (now: string) => boolean };

/** virtio-blk has no timeout, and a disk may lack a scheduler: what is not there is not set. */
function wishes({ name, scheduler, timeoutSeconds, nvmeTimeoutSeconds }: DiskPlan): Wish[] {
  const base = `/sys/block/${name}`;
  const wanted: Wish[] = [];
  if (scheduler !== undefined) wanted.push({ path: `${base}/queue/scheduler`, value: scheduler });
  if (timeoutSeconds !== undefined)
    wanted.push({ path: `${base}/device/timeout`, value: String(timeoutSeconds) });
  if (nvmeTimeoutSeconds === undefined || !name.startsWith('nvme')) return wanted;
  const ms = Math.min(nvmeTimeoutSeconds * 1000, longestMs);
  return [
    ...wanted,
    { path: '/sys/module/nvme_core/parameters/io_timeout', value: String(nvmeTimeoutSeconds) },
    {
      path: `${base}/queue/io_timeout`,
      value: String(ms),
      same: (now) => Number(now) >= ms && Number(now) < ms + tickMs,
    },
  ];
}

const settings: Part<DiskPlan> = {
  async do(plan, host, remember) {
    for (const { path, value, same } of wishes(plan)) {
      const now = await host.files.text(path);
      if (now === undefined || same?.(now) !== true) await writeSetting(host, remember, path, value);
    }
  },
  async verify(plan, { files }) {
    const reports: Report[] = [];
    for (const { path, value, same } of wishes(plan))
      reports.push(await verifySetting(files, path, value, same));
    const wrong = reports.filter(({ outcome }) => outcome === 'failed');
    if (reports.length === 0) return undefined;
    const detail = (wrong.length > 0 ? wrong : reports).map((report) => report.detail).join(' ');
    return wrong.length > 0 ? failed(detail) : set(detail);
  },
};

export const disk = ofDevice<DiskPlan>(
  { name: ({ name }) => name, path: ({ name }) => `/sys/block/${name}` },
  [driver, settings, trim, stableRoot],
);

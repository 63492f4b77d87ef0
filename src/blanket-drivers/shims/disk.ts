/** The cloud's disk: who orders its requests, and how long it may be silent. */
import { readSetting, writeSetting } from './setting.ts';
import type { Before, DiskPlan, Shim } from './shim.ts';

/** Path and value; virtio-blk has no timeout file, and writing then does nothing. */
const wanted = (plan: DiskPlan): [string, string][] => {
  const base = `/sys/block/${plan.name}`;
  const settings: [string, string | undefined][] = [
    [`${base}/queue/scheduler`, plan.scheduler],
    [`${base}/device/timeout`, plan.timeoutSeconds === undefined ? undefined : String(plan.timeoutSeconds)],
  ];
  return settings.flatMap(([path, value]) => (value === undefined ? [] : [[path, value]]));
};

export const disk: Shim<DiskPlan> = {
  async do(plan, { files }) {
    const before: Before = {};
    for (const [path, value] of wanted(plan)) {
      const was = await writeSetting(files, path, value);
      if (was !== undefined) before[path] = was;
    }
    return before;
  },
  async undo(_plan, before, { files }) {
    for (const [path, value] of Object.entries(before)) await writeSetting(files, path, value);
  },
  async verify(plan, { files }) {
    const said: string[] = [];
    let ok = true;
    for (const [path, value] of wanted(plan)) {
      const now = await readSetting(files, path);
      const name = path.slice(path.lastIndexOf('/') + 1);
      ok &&= now === undefined || now === value;
      said.push(now === undefined ? `no ${name} to set` : `${name}=${now}`);
    }
    return { outcome: ok ? 'set' : 'failed', detail: `${plan.name}: ${said.join(' ')}` };
  },
};

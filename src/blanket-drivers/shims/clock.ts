/**
 * The host's clock source: the first of the preferred ones that the kernel offers. Keeping the time of day right is the
 * work of the host image's NTP client; a wrong source makes that client, and every guest, drift.
 */
import type { HostAccess } from '../access.ts';
import { writeSetting } from './setting.ts';
import type { ClockPlan, Shim } from './shim.ts';

const base = '/sys/devices/system/clocksource/clocksource0';
const currentFile = `${base}/current_clocksource`;

async function best(plan: ClockPlan, { files }: HostAccess): Promise<string | undefined> {
  const offered = ((await files.text(`${base}/available_clocksource`)) ?? '').trim().split(/\s+/);
  return plan.prefer.find((source) => offered.includes(source));
}

export const clock: Shim<ClockPlan> = {
  async do(plan, host) {
    const source = await best(plan, host);
    if (source === undefined) return {};
    const was = await writeSetting(host.files, currentFile, source);
    return was === undefined ? {} : { source: was };
  },
  async undo(_plan, before, { files }) {
    if (before.source !== undefined) await writeSetting(files, currentFile, before.source);
  },
  async verify(plan, host) {
    const now = (await host.files.text(currentFile))?.trim();
    const wanted = await best(plan, host);
    const ok = wanted === undefined || wanted === now;
    return {
      outcome: ok ? 'set' : 'failed',
      detail: `clock source is ${now ?? 'unknown'}${ok ? '' : `, not ${wanted}`}`,
    };
  },
};

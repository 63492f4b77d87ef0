/**
 * Time: what the kernel counts with, and who tells it the time of day.
 *
 *   clock source   the first of the preferred ones that the kernel offers
 *   PTP            the cloud's own clock as a device, /dev/ptp<n>: exact, with no network between
 *   NTP            chrony, told of both (see chrony.ts)
 */
import type { HostAccess } from '../access.ts';
import { chrony } from './chrony.ts';
import { ofParts, type Part } from './parts.ts';
import { ptp } from './ptp.ts';
import { setIf } from './report.ts';
import { writeSetting } from './setting.ts';
import type { ClockPlan } from './shim.ts';

const base = '/sys/devices/system/clocksource/clocksource0';
const currentFile = `${base}/current_clocksource`;

async function best(plan: ClockPlan, { files }: HostAccess): Promise<string | undefined> {
  const offered = ((await files.text(`${base}/available_clocksource`)) ?? '').trim().split(/\s+/);
  return plan.prefer.find((source) => offered.includes(source));
}

const source: Part<ClockPlan> = {
  async do(plan, host, remember) {
    const wanted = await best(plan, host);
    if (wanted !== undefined) await writeSetting(host, remember, currentFile, wanted);
  },
  async verify(plan, host) {
    const now = (await host.files.text(currentFile))?.trim();
    const wanted = await best(plan, host);
    const ok = wanted === undefined || wanted === now;
    return setIf(ok, `clock source is ${now ?? 'unknown'}${ok ? '' : `, not ${wanted}`}`);
  },
};

export const clock = ofParts<ClockPlan>(() => '', [source, ptp, chrony]);

/**
 * Blocks that no file uses any more are given back to the cloud once a week, by the distribution's own timer. It is
 * started rather than enabled: the agent does so at every boot, and nothing is left in /etc.
 */
import type { HostAccess } from '../access.ts';
import type { Part } from './parts.ts';
import { failed, refused, set } from './report.ts';
import type { DiskPlan } from './shim.ts';
import { readUnit, startUnit, stopUnit } from './unit.ts';

const timer = 'fstrim.timer';

const canDiscard = async ({ name }: DiskPlan, { files }: HostAccess): Promise<boolean> =>
  Number((await files.text(`/sys/block/${name}/queue/discard_max_bytes`)) ?? 0) > 0;

export const trim: Part<DiskPlan> = {
  async do(plan, host, remember) {
    if (plan.discard === true && (await canDiscard(plan, host))) await startUnit(host, remember, timer);
  },
  undo: (_plan, before, host) => stopUnit(host, before, timer),
  async verify(plan, host) {
    if (plan.discard !== true) return undefined;
    if (!(await canDiscard(plan, host))) return set('it cannot discard');
    const state = await readUnit(host, timer);
    if (state === 'active') return set('unused blocks go back weekly');
    return state === 'barred'
      ? refused(`${timer} is masked or missing here`)
      : failed(`${timer} is not active`);
  },
};

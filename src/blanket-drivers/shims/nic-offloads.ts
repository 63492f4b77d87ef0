/** What the card does in the kernel's place. A feature that it does not have or cannot change is left out. */
import type { HostAccess } from '../access.ts';
import type { Part } from './parts.ts';
import { setIf } from './report.ts';
import type { Before, NicPlan } from './shim.ts';

/** ethtool's long feature names, as it prints them. */
const features: Record<string, string> = {
  lro: 'large-receive-offload',
  gro: 'generic-receive-offload',
  tso: 'tcp-segmentation-offload',
  gso: 'generic-segmentation-offload',
};

const key = 'offload:';
const onOff = (on: boolean) => (on ? 'on' : 'off');

/** By short name, those that can be changed. */
async function readOffloads(plan: NicPlan, { exec }: HostAccess): Promise<Map<string, string>> {
  if (Object.keys(plan.offloads ?? {}).length === 0) return new Map();
  const text = await exec('ethtool', ['-k', plan.name]);
  const found = new Map<string, string>();
  for (const [short, long] of Object.entries(features)) {
    const line = new RegExp(`^${long}: (on|off)( \\[fixed\\])?$`, 'm').exec(text);
    if (line?.[1] !== undefined && line[2] === undefined) found.set(short, line[1]);
  }
  return found;
}

const toChange = (plan: NicPlan, now: ReadonlyMap<string, string>): [string, string][] =>
  Object.entries(plan.offloads ?? {})
    .map(([short, on]): [string, string] => [short, onOff(on)])
    .filter(([short, value]) => now.has(short) && now.get(short) !== value);

export const offloads: Part<NicPlan> = {
  async do(plan, host, remember) {
    const now = await readOffloads(plan, host);
    const changes = toChange(plan, now);
    if (changes.length === 0) return;
    const was: Before = {};
    for (const [short] of changes) was[`${key}${short}`] = now.get(short) ?? '';
    await remember(was);
    await host.exec('ethtool', ['-K', plan.name, ...changes.flat()]);
  },
  async undo({ name }, before, { exec, files }) {
    const was = Object.entries(before)
      .filter(([what]) => what.startsWith(key))
      .map(([what, value]) => [what.slice(key.length), value]);
    if (was.length > 0 && (await files.exists(`/sys/class/net/${name}`)))
      await exec('ethtool', ['-K', name, ...was.flat()]);
  },
  async verify(plan, host) {
    const asked = Object.entries(plan.offloads ?? {});
    if (asked.length === 0) return undefined;
    const now = await readOffloads(plan, host);
    const wrong = toChange(plan, now).map(([short, value]) => `${short} is ${now.get(short)}, not ${value}`);
    const told = asked.map(([short]) => `${short}=${now.get(short) ?? 'fixed'}`);
    return setIf(wrong.length === 0, (wrong.length === 0 ? told : wrong).join(' '));
  },
};

/** The cloud's NIC: queue length, MTU and offloads of the card that carries the tunnel. */
import type { HostAccess } from '../access.ts';
import { readSetting, writeSetting } from './setting.ts';
import type { Before, NicPlan, Report, Shim } from './shim.ts';

/** ethtool's long feature names, as it prints them. */
const features: Record<string, string> = {
  lro: 'large-receive-offload',
  gro: 'generic-receive-offload',
  tso: 'tcp-segmentation-offload',
  gso: 'generic-segmentation-offload',
};

const wanted = ({ queueLength }: NicPlan): [string, string][] =>
  Object.entries({ tx_queue_len: queueLength }).flatMap(([file, value]) =>
    value === undefined ? [] : [[file, String(value)]],
  );

const path = (plan: NicPlan, file: string) => `/sys/class/net/${plan.name}/${file}`;
const onOff = (on: boolean) => (on ? 'on' : 'off');

/** Offloads by short name; a feature that the card does not have or cannot change is left out. */
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

async function setOffloads(plan: NicPlan, host: HostAccess, before: Before): Promise<void> {
  const now = await readOffloads(plan, host);
  for (const [short, on] of Object.entries(plan.offloads ?? {})) {
    const value = now.get(short);
    if (value === undefined || value === onOff(on)) continue;
    before[short] = value;
    await host.exec('ethtool', ['-K', plan.name, short, onOff(on)]);
  }
}

async function differences(plan: NicPlan, host: HostAccess): Promise<string[]> {
  const wrong: string[] = [];
  for (const [file, value] of wanted(plan)) {
    const now = await readSetting(host.files, path(plan, file));
    if (now !== value) wrong.push(`${file} is ${now ?? 'absent'}, not ${value}`);
  }
  const now = await readOffloads(plan, host);
  for (const [short, on] of Object.entries(plan.offloads ?? {})) {
    const value = now.get(short);
    if (value !== undefined && value !== onOff(on)) wrong.push(`${short} is ${value}, not ${onOff(on)}`);
  }
  return wrong;
}

export const nic: Shim<NicPlan> = {
  async do(plan, host) {
    const before: Before = {};
    for (const [file, value] of wanted(plan)) {
      const was = await writeSetting(host.files, path(plan, file), value);
      if (was !== undefined) before[file] = was;
    }
    await setOffloads(plan, host, before);
    return before;
  },
  async undo(plan, before, host) {
    for (const [name, value] of Object.entries(before)) {
      if (name in features) await host.exec('ethtool', ['-K', plan.name, name, value]);
      else await writeSetting(host.files, path(plan, name), value);
    }
  },
  async verify(plan, host): Promise<Report> {
    const wrong = await differences(plan, host);
    const set = wanted(plan).map(([file, value]) => `${file}=${value}`);
    const offloads = Object.entries(plan.offloads ?? {}).map(([short, on]) => `${short}=${onOff(on)}`);
    const detail = wrong.length === 0 ? [...set, ...offloads].join(' ') : wrong.join('; ');
    return { outcome: wrong.length === 0 ? 'set' : 'failed', detail: `${plan.name}: ${detail}` };
  },
};

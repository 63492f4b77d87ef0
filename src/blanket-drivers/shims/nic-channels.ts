/**
 * A card's queues, which the kernel calls channels: one a CPU, as far as the card has them. ethtool -l prints two
 * blocks alike, the largest possible and the current; a line may read `n/a`, and a card with one queue only refuses.
 */
import type { HostAccess } from '../access.ts';
import type { Part } from './parts.ts';
import { set, setIf } from './report.ts';
import type { NicPlan } from './shim.ts';

const key = 'channels';

async function readChannels(
  { name }: NicPlan,
  { exec }: HostAccess,
): Promise<{ most: number; now: number } | undefined> {
  const text = await exec('ethtool', ['-l', name]).catch(() => ''); // a card without channels is a reading too
  const [most, now] = [...text.matchAll(/^Combined:\s*(\d+)$/gm)].map((match) => Number(match[1]));
  return most === undefined || now === undefined || most === 0 ? undefined : { most, now };
}

async function cpus({ files }: HostAccess): Promise<number> {
  const text = (await files.text('/proc/cpuinfo')) ?? '';
  return Math.max(1, text.match(/^processor\s*:/gm)?.length ?? 0);
}

export const channels: Part<NicPlan> = {
  async do(plan, host, remember) {
    const read = plan.queues === undefined ? undefined : await readChannels(plan, host);
    if (read === undefined) return;
    const wanted = Math.min(read.most, await cpus(host));
    if (wanted === read.now) return;
    await remember({ [key]: String(read.now) });
    await host.exec('ethtool', ['-L', plan.name, 'combined', String(wanted)]);
  },
  async undo({ name }, before, { exec, files }) {
    const was = before[key];
    if (was === undefined || !(await files.exists(`/sys/class/net/${name}`))) return;
    const now = await readChannels({ shim: 'nic', name }, { exec, files });
    if (now !== undefined && String(now.now) !== was) await exec('ethtool', ['-L', name, 'combined', was]);
  },
  async verify(plan, host) {
    if (plan.queues === undefined) return undefined;
    const read = await readChannels(plan, host);
    if (read === undefined) return set('no queues to set');
    const wanted = Math.min(read.most, await cpus(host));
    const ok = wanted === read.now;
    return setIf(ok, ok ? `queues=${read.now}` : `it has ${read.now} queues, not ${wanted}`);
  },
};

/**
 * Chooses an engine by proof: boots a tiny guest with each. A /dev/kvm that opens and makes a vCPU may still be
 * unusable, and no capability listing will say so.
 *
 *   xen   is this host booted on it?
 *   kvm   its kernel must begin within seconds, by this machine's own pace, and be alive within the time given
 *   tcg   as long as it could still win: a kernel that begins much later than KVM's did is given up
 *
 * The fastest wins by score (probe/score.ts); KVM wins a tie.
 */
import { filesUnder } from '../../blanket-drivers/access.ts';
import { faultyCpuFeatures } from '../../blanket-drivers/cpu-faults.ts';
import { readLeaf } from '../../blanket-drivers/read-facts.ts';
import { BlanketError } from '../../wire/errors.ts';
import type { EngineProbe, Machine } from '../../wire/methods/engines.ts';
import type { EngineName } from '../../wire/names.ts';
import { thisHost } from '../host-access.ts';
import { thisMachine } from '../machine.ts';
import { cpuBase, cpuFeatures } from './domain-xml.ts';
import type { Bench } from './probe/boot.ts';
import { choose } from './probe/choose.ts';
import { paceOf } from './probe/pace.ts';
import { probeAll } from './probe/probe-all.ts';

const folder = '/usr/lib/blanket/probe';

async function cpuArgument(): Promise<string> {
  const { require, disable } = cpuFeatures(faultyCpuFeatures(await readLeaf(thisHost)));
  return [cpuBase, ...require.map((name) => `+${name}`), ...disable.map((name) => `-${name}`)].join(',');
}

/** Where this host boots its probe guests; a test names another folder, or another QEMU. */
export const benchHere = async (change: Partial<Bench> = {}): Promise<Bench> => ({
  ...{ folder, qemu: 'qemu-system-x86_64', cpu: await cpuArgument() },
  ...change,
});

export type Choice = { chosen: EngineName; why: string; probes: EngineProbe[]; machine: Machine };

/**
 * @param timeoutMs for each engine, until its guest is alive.
 * @throws BlanketError `engine.none-usable`, with `probes` and `machine` as data, and `host.no-probe`
 */
export async function chooseEngine(
  timeoutMs: number,
  cancelled: AbortSignal,
  bench?: Bench,
  files = filesUnder('/'),
): Promise<Choice> {
  const used = bench ?? (await benchHere());
  const machine = await thisMachine();
  const probes = await probeAll({ bench: used, files, timeoutMs, pace: paceOf(), cancelled });
  const { chosen, why } = choose(probes);
  if (chosen !== undefined) return { chosen, why, probes, machine };
  throw new BlanketError('engine.none-usable', `No engine booted the probe guest. ${why}`, {
    next: 'Mend what the reasons name, then prove the engines again with `blanket host probe`.',
    data: { probes, machine },
  });
}

/**
 * Chooses an engine by proof: boots a tiny guest with it. A /dev/kvm that opens and makes a vCPU may still be
 * unusable, and no capability listing will say so.
 */
import { existsSync } from 'node:fs';
import { faultyCpuFeatures } from '../../blanket-drivers/cpu-faults.ts';
import { readLeaf } from '../../blanket-drivers/read-facts.ts';
import { CommandError, run } from '../../process/run.ts';
import { BlanketError } from '../../wire/errors.ts';
import type { EngineProbe, Machine } from '../../wire/methods/engines.ts';
import type { EngineName } from '../../wire/names.ts';
import { thisHost } from '../host-access.ts';
import { thisMachine } from '../machine.ts';
import { cpuBase, cpuFeatures, machineType } from './domain-xml.ts';

const folder = '/usr/lib/blanket/probe';
const signOfLife = 'BLANKET-PROBE alive';
const consoleTailBytes = 2000;
/** The probe guest needs little more than its own kernel and initramfs. */
const memoryMiB = 128;

/** QEMU's own names of its accelerators. */
type Candidate = Exclude<EngineName, 'xen'>;

/** The same CPU that guests get, so that a CPU which this host cannot give shows here first. */
async function cpuArgument(): Promise<string> {
  const { require, disable } = cpuFeatures(faultyCpuFeatures(await readLeaf(thisHost)));
  return [cpuBase, ...require.map((name) => `+${name}`), ...disable.map((name) => `-${name}`)].join(',');
}

const qemuArguments = (accelerator: Candidate, cpu: string): string[] => [
  ...['-accel', accelerator, '-machine', machineType, '-cpu', cpu, '-m', String(memoryMiB)],
  ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-serial', 'stdio'],
  ...['-kernel', `${folder}/vmlinuz`, '-initrd', `${folder}/initrd`],
  ...['-append', 'console=ttyS0 quiet panic=-1 tsc=reliable'],
];

type Outcome = { aliveMs?: number; output: string; failure?: unknown };

/** Boots, and ends the guest at its sign of life, its own end, the time limit or the caller's cancel. */
async function boot(accelerator: Candidate, timeoutMs: number, cancelled: AbortSignal): Promise<Outcome> {
  const enough = new AbortController();
  const cpu = await cpuArgument();
  const startedAt = performance.now();
  const outcome: Outcome = { output: '' };
  try {
    await run('qemu-system-x86_64', qemuArguments(accelerator, cpu), {
      timeoutMs,
      signal: AbortSignal.any([enough.signal, cancelled]),
      onOutput: (text) => {
        outcome.output += text;
        if (outcome.aliveMs !== undefined || !outcome.output.includes(signOfLife)) return;
        outcome.aliveMs = Math.round(performance.now() - startedAt);
        enough.abort();
      },
    });
  } catch (error) {
    outcome.failure = error;
  }
  cancelled.throwIfAborted();
  return outcome;
}

function reasonOf({ failure, output }: Outcome, timeoutMs: number): string {
  if (failure instanceof CommandError && failure.exitCode !== null) {
    return `QEMU ended with exit code ${failure.exitCode}: ${failure.stderr.trim().split('\n').at(-1) ?? ''}`;
  }
  if (failure === undefined) return 'The probe guest ended without a sign of life.';
  const seen = output === '' ? 'and printed nothing' : 'though it printed something';
  return `The probe guest was not alive within ${timeoutMs} ms, ${seen}.`;
}

async function probe(engine: Candidate, timeoutMs: number, cancelled: AbortSignal): Promise<EngineProbe> {
  if (engine === 'kvm' && !existsSync('/dev/kvm')) {
    return { engine, usable: false, reason: 'There is no /dev/kvm on this host.' };
  }
  const outcome = await boot(engine, timeoutMs, cancelled);
  const console = outcome.output.slice(-consoleTailBytes);
  const { aliveMs } = outcome;
  if (aliveMs === undefined) return { engine, usable: false, reason: reasonOf(outcome, timeoutMs), console };
  const score = Math.round(1_000_000 / aliveMs);
  return { engine, usable: true, bootMs: aliveMs, score, console };
}

export type Choice = { chosen: EngineName; why: string; probes: EngineProbe[]; machine: Machine };

/**
 * Tries KVM, and QEMU's emulator only when KVM cannot be used: it is always slower.
 * @param timeoutMs for each engine. @throws BlanketError `engine.none-usable`, `host.no-probe`
 */
export async function chooseEngine(timeoutMs: number, cancelled: AbortSignal): Promise<Choice> {
  if (!existsSync(`${folder}/vmlinuz`)) {
    throw new BlanketError('host.no-probe', `The host image lacks the probe guest in ${folder}.`);
  }
  const probes: EngineProbe[] = [];
  for (const engine of ['kvm', 'tcg'] as const) {
    const result = await probe(engine, timeoutMs, cancelled);
    probes.push(result);
    if (result.usable)
      return { chosen: engine, why: whyChosen(probes), probes, machine: await thisMachine() };
  }
  throw new BlanketError('engine.none-usable', `No engine booted the probe guest. ${whyChosen(probes)}`, {
    next: 'Give the host more time or a larger size.',
    data: { probes },
  });
}

const whyChosen = (probes: readonly EngineProbe[]): string =>
  probes
    .map(({ engine, bootMs, reason }) =>
      bootMs === undefined
        ? `${engine} cannot be used: ${reason}`
        : `${engine} booted the probe guest in ${(bootMs / 1000).toFixed(1)} s.`,
    )
    .join(' ');

/** Proves every engine that this host could have, one after the other, for they would slow each other down. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Files } from '../../../blanket-drivers/access.ts';
import { BlanketError } from '../../../wire/errors.ts';
import type { EngineProbe } from '../../../wire/methods/engines.ts';
import { type Accelerator, type Bench, bootProbeGuest, type Limits, type Outcome } from './boot.ts';
import { knownCause, reasonOf } from './explain.ts';
import { excerptOf } from './guest-output.ts';
import { scoreOf } from './score.ts';
import { probeXen } from './xen.ts';

/** Until the guest's kernel begins, on a machine of pace 1, where a KVM that works takes 0.1 to 0.6 s. */
const kernelMs = 5_000;
/** All measurements, at pace 1, take less than 0.5 s. */
const measureMs = 3_000;
/** TCG is given up once its kernel is this much later than KVM's: its CPU loop would be as much slower. */
const couldStillWin = 1.5;
const shortestMs = 2_000;

export type Proof = {
  bench: Bench;
  files: Files;
  /** For each engine, until its guest is alive. */
  timeoutMs: number;
  /** How many times slower than usual this machine is. */
  pace: number;
  cancelled: AbortSignal;
};

/** @throws BlanketError `host.no-probe` */
export async function probeAll(proof: Proof): Promise<EngineProbe[]> {
  for (const file of ['vmlinuz', 'initrd']) {
    if (existsSync(join(proof.bench.folder, file))) continue;
    throw new BlanketError(
      'host.no-probe',
      `The probe guest's ${file} is not in ${proof.bench.folder}, so no engine can be proven.`,
      { next: 'Install it there: `make images` builds it.' },
    );
  }
  const kvm = await probeKvm(proof);
  const tcg = await probeTcg(proof, kvm);
  return [kvm.probe, tcg.probe, await probeXen(proof.files)];
}

type Proven = { probe: EngineProbe; outcome?: Outcome };

async function probeKvm(proof: Proof): Promise<Proven> {
  if (!(await proof.files.exists('/dev/kvm'))) {
    const reason = `There is no /dev/kvm on this host.${await knownCause('kvm', proof.files)}`;
    return { probe: { engine: 'kvm', usable: false, reason } };
  }
  return prove('kvm', proof, { kernelMs: kernelMs * proof.pace });
}

async function probeTcg(proof: Proof, kvm: Proven): Promise<Proven> {
  const kernelOfKvm = kvm.probe.usable ? kvm.outcome?.kernelMs : undefined;
  if (kernelOfKvm === undefined) return prove('tcg', proof, { kernelMs: proof.timeoutMs });
  const limit = Math.max(shortestMs, kernelOfKvm * couldStillWin);
  const tcg = await prove('tcg', proof, { kernelMs: limit });
  if (tcg.outcome?.end !== 'kernel-late') return tcg;
  const reason = `Not proven within ${(limit / 1000).toFixed(1)} s: its kernel had not begun, where KVM's had after ${(kernelOfKvm / 1000).toFixed(1)} s, so it could not be the faster one.`;
  // Given up on purpose, so its console would explain nothing.
  return { probe: { engine: 'tcg', usable: false, reason } };
}

async function prove(
  engine: Accelerator,
  { bench, files, timeoutMs, pace, cancelled }: Proof,
  limit: Pick<Limits, 'kernelMs'>,
): Promise<Proven> {
  const kernel = Math.min(limit.kernelMs, timeoutMs);
  const limits = { kernelMs: kernel, aliveMs: timeoutMs, measureMs: measureMs * pace };
  const outcome = await bootProbeGuest(bench, engine, limits, cancelled);
  const console = excerptOf(outcome.text, outcome.output.trouble);
  const { aliveMs, end, failure } = outcome;
  // A measurement that did not come does not matter, a guest that died while it measured does.
  if (aliveMs === undefined || end === 'trouble' || failure !== undefined) {
    const reason = `${reasonOf(outcome, limits)}${await knownCause(engine, files)}`;
    return { probe: { engine, usable: false, reason, console }, outcome };
  }
  const measured = { bootMs: aliveMs, ...outcome.output.measurements };
  const score = scoreOf(measured);
  return {
    probe: { engine, usable: true, ...measured, ...(score !== undefined && { score }), console },
    outcome,
  };
}

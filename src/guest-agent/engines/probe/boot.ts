/**
 * One boot of the probe guest, watched until it has measured itself, or until it shows that it will not.
 *
 *   started ─(kernelMs)─► its kernel runs ─(aliveMs in all)─► alive ─(measureMs)─► done
 *      └────────────── a limit is over, the guest or KVM gives up, QEMU ends ──────────► an end that says which
 */
import { CommandError, run } from '../../../process/run.ts';
import type { EngineName } from '../../../wire/names.ts';
import { machineType } from '../domain-xml.ts';
import { type GuestOutput, hasReached, readGuestOutput } from './guest-output.ts';

/** QEMU's own names of its accelerators. */
export type Accelerator = Exclude<EngineName, 'xen'>;

export type Bench = {
  /** Holds the probe guest's `vmlinuz` and `initrd`. */
  folder: string;
  /** The program. */
  qemu: string;
  /** What guests get, in QEMU's words, so that a CPU which this host cannot give shows here first. */
  cpu: string;
};

/** Milliseconds; the first two from QEMU's start, the last from the sign of life. */
export type Limits = { kernelMs: number; aliveMs: number; measureMs: number };

export type End = 'done' | 'kernel-late' | 'alive-late' | 'measures-late' | 'trouble' | 'flood' | 'quit';

export type Outcome = {
  end: End;
  /** All it printed, QEMU's own words among it. */
  text: string;
  output: GuestOutput;
  /** Since QEMU's start. */
  kernelMs?: number;
  aliveMs?: number;
  /** How QEMU ended, when it ended by itself and badly. */
  failure?: CommandError;
};

/** The probe guest needs little more than its own kernel and initramfs. */
const memoryMiB = 128;
/** It prints about 4 KiB. */
const floodBytes = 64 * 1024;
/** KVM's state follows the line in which it gives up. */
const lastWordsMs = 200;
const slackMs = 10_000;

/** Of the kernel's lines only the few notices: each character is costly where leaving the guest is. */
const kernelArguments = 'console=ttyS0 earlyprintk=serial,ttyS0 loglevel=6 panic=-1 tsc=reliable';

const qemuArguments = ({ folder, cpu }: Bench, accelerator: Accelerator): string[] => [
  ...['-accel', accelerator, '-machine', machineType, '-cpu', cpu, '-m', String(memoryMiB)],
  ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-serial', 'stdio'],
  ...['-kernel', `${folder}/vmlinuz`, '-initrd', `${folder}/initrd`, '-append', kernelArguments],
];

type Watch = Outcome & { ended?: End };

/** Ends the boot as its limits and its output tell. */
function watcher(limits: Limits) {
  const enough = new AbortController();
  const timers = new Set<NodeJS.Timeout>();
  const startedAt = performance.now();
  const seen: Watch = { end: 'quit', text: '', output: readGuestOutput('') };
  const end = (how: End, afterMs: number) => {
    const timer = setTimeout(() => {
      seen.ended ??= how;
      enough.abort();
    }, afterMs);
    timers.add(timer);
    return timer;
  };
  const kernelTimer = end('kernel-late', limits.kernelMs);
  const aliveTimer = end('alive-late', limits.aliveMs);
  const onOutput = (text: string) => {
    seen.text += text;
    const before = seen.output;
    seen.output = readGuestOutput(seen.text);
    const now = performance.now() - startedAt;
    const reached = (milestone: 'kernel' | 'alive' | 'done') =>
      hasReached(seen.output, milestone) && !hasReached(before, milestone);
    if (reached('kernel')) {
      clearTimeout(kernelTimer);
      seen.kernelMs = Math.round(now);
    }
    if (reached('alive')) {
      clearTimeout(aliveTimer);
      seen.aliveMs = Math.round(now);
      end('measures-late', limits.measureMs);
    }
    if (reached('done')) end('done', 0);
    if (seen.output.trouble !== undefined && before.trouble === undefined) end('trouble', lastWordsMs);
    if (seen.text.length > floodBytes) end('flood', 0);
  };
  return { seen, onOutput, signal: enough.signal, release: () => timers.forEach(clearTimeout) };
}

/** @throws what `cancelled` was aborted with. Everything else is an outcome. */
export async function bootProbeGuest(
  bench: Bench,
  accelerator: Accelerator,
  limits: Limits,
  cancelled: AbortSignal,
): Promise<Outcome> {
  const { seen, onOutput, signal, release } = watcher(limits);
  try {
    await run(bench.qemu, qemuArguments(bench, accelerator), {
      timeoutMs: limits.aliveMs + limits.measureMs + slackMs,
      signal: AbortSignal.any([signal, cancelled]),
      onOutput,
    });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    if (seen.ended === undefined) seen.failure = error;
  } finally {
    release();
  }
  cancelled.throwIfAborted();
  const { ended, ...outcome } = seen;
  return { ...outcome, end: ended ?? 'quit' };
}

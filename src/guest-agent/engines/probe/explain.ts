/** Why an engine did not prove itself, in a sentence that a person can act on. */
import type { Files } from '../../../blanket-drivers/access.ts';
import type { Accelerator, Limits, Outcome } from './boot.ts';

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

const progressOf = ({ output }: Outcome): string =>
  ({
    nothing: 'not even its firmware had got to the kernel',
    loader: "only its firmware and the kernel's loader had run",
    kernel: 'its kernel had begun',
    alive: 'it was alive',
    done: 'it was done',
  })[output.reached];

/** What QEMU says last before it gives up, without its own name in front. */
const lastWords = ({ failure }: Outcome): string =>
  (failure?.stderr.trim().split('\n').at(-1) ?? '').replace(/^qemu-system-x86_64: /, '');

function howQemuEnded(outcome: Outcome): string {
  const { failure, output } = outcome;
  if (failure === undefined) return `The probe guest ended without a sign of life; ${progressOf(outcome)}.`;
  if (failure.cause instanceof Error)
    return `QEMU is missing or cannot be started: ${failure.cause.message}.`;
  if (failure.exitCode === null) return `QEMU was killed while the probe guest booted: ${failure.message}.`;
  const words = lastWords(outcome);
  const why = /Permission denied/.test(words) ? ' The agent may not use /dev/kvm: it must run as root.' : '';
  return `QEMU ended with exit code ${failure.exitCode}: ${words || output.reached}.${why}`;
}

const couldNotGoOn = (outcome: Outcome): string =>
  `The probe guest could not go on: ${outcome.output.trouble}; ${progressOf(outcome)}.`;

/** @param outcome one that had no sign of life. */
export function reasonOf(outcome: Outcome, limits: Limits): string {
  switch (outcome.end) {
    case 'kernel-late':
      return `The probe guest's kernel had not begun within ${seconds(limits.kernelMs)}: ${progressOf(outcome)}.`;
    case 'alive-late':
      return `The probe guest was not alive within ${seconds(limits.aliveMs)}: ${progressOf(outcome)}.`;
    case 'trouble':
      return couldNotGoOn(outcome);
    case 'flood':
      return 'The probe guest printed without end and was never alive.';
    default:
      // A kernel that panics ends QEMU, which may be sooner than its words are read.
      return outcome.output.trouble === undefined ? howQemuEnded(outcome) : couldNotGoOn(outcome);
  }
}

/**
 * What is known of this machine that explains a KVM which does not work, and what to do.
 * kvm_pvm: PVM, https://lwn.net/Articles/963718/, runs guests that know of it without hardware support.
 */
export async function knownCause(engine: Accelerator, files: Files): Promise<string> {
  if (engine !== 'kvm') return '';
  if (await files.exists('/sys/module/kvm_pvm')) {
    return ' The module kvm_pvm is loaded: it gives a /dev/kvm without hardware virtualization, and runs a guest whose kernel was not made for it in an emulator slower than QEMU\'s own. Take a machine type with nested virtualization; "tcg" works meanwhile.';
  }
  const cpuinfo = (await files.text('/proc/cpuinfo')) ?? '';
  return /^flags\s*:.*\b(vmx|svm)\b/m.test(cpuinfo)
    ? ''
    : ' This CPU shows neither vmx nor svm: switch nested virtualization on at the cloud, if it offers that.';
}

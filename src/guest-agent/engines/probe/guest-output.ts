/**
 * What a booting probe guest has printed, as far as it has come. Anything else may be in between: the kernel's own
 * lines, QEMU's warnings, or rubbish.
 *
 *     nothing ──► loader (firmware ran, the kernel's real-mode part speaks) ──► kernel (unpacked, runs) ──► alive ──► done
 *
 * The lines that begin with BLANKET-PROBE are those of images/probe/init.
 */
import type { EngineProbe } from '../../../wire/methods/engines.ts';

export const milestones = ['nothing', 'loader', 'kernel', 'alive', 'done'] as const;
export type Milestone = (typeof milestones)[number];

export type Measurements = Pick<EngineProbe, 'cpuMs' | 'memoryMs' | 'exitsPerSecond'>;

export type GuestOutput = {
  reached: Milestone;
  measurements: Measurements;
  /** The line in which the kernel or KVM gives up; nothing good comes after it. */
  trouble?: string;
};

const signs: [Milestone, RegExp][] = [
  ['done', /BLANKET-PROBE done\b/],
  ['alive', /BLANKET-PROBE alive\b/],
  ['kernel', /Linux version \d/],
  ['loader', /Probing EDD/],
];
/** QEMU's and KVM's words for a guest that cannot go on (QEMU's accel/kvm/kvm-all.c), and Linux' own. */
const troubles = [
  /KVM internal error\. Suberror: \d+/,
  /error: kvm run failed [^\r\n]+/,
  /KVM: entry failed, [^\r\n]+/,
  /Kernel panic - not syncing: [^\r\n]+/,
];

const excerptLength = 2_000;

/**
 * The last words of a guest's console, at most 2000 characters of it. Where more than that follows the words with which
 * the guest gave up (a kernel that panics prints its call trace after them), the excerpt begins with those words.
 */
export function excerptOf(text: string, trouble?: string): string {
  const tail = Math.max(0, text.length - excerptLength);
  const gaveUp = trouble === undefined ? -1 : text.indexOf(trouble);
  const from = gaveUp < 0 ? tail : Math.min(tail, gaveUp);
  return text.slice(from, from + excerptLength);
}

export const hasReached = (output: GuestOutput, milestone: Milestone): boolean =>
  milestones.indexOf(output.reached) >= milestones.indexOf(milestone);

/** A count that a line names; none when it is not there or can be no measurement: zero, or beyond an hour. */
function count(text: string, name: string): number | undefined {
  const digits = new RegExp(`BLANKET-PROBE(?: \\S+)* ${name}=(\\d{1,10})(?=\\s)`).exec(text)?.[1];
  const value = Number(digits);
  return value > 0 && value < 3_600_000_000 ? value : undefined;
}

function measurementsIn(text: string): Measurements {
  const cpu = count(text, 'cpu-us');
  const memory = count(text, 'memory-us');
  const exits = count(text, 'exits');
  const exitsUs = count(text, 'exits-us');
  return {
    ...(cpu !== undefined && { cpuMs: cpu / 1000 }),
    ...(memory !== undefined && { memoryMs: memory / 1000 }),
    ...(exits !== undefined &&
      exitsUs !== undefined && { exitsPerSecond: Math.round((exits * 1e6) / exitsUs) }),
  };
}

export function readGuestOutput(text: string): GuestOutput {
  const reached = signs.find(([, sign]) => sign.test(text))?.[0] ?? 'nothing';
  const trouble = troubles.map((one) => one.exec(text)?.[0]).find((line) => line !== undefined);
  return { reached, measurements: measurementsIn(text), ...(trouble !== undefined && { trouble }) };
}

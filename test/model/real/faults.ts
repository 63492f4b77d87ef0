/** What is to go wrong in a run, and when: at which of the points that the run passes. */
export const faultKinds = [
  'control dies',
  'a person cancels',
  'the line breaks',
  'the message comes late',
  'agent a dies',
  'agent b dies',
  'libvirtd a dies',
  'libvirtd b dies',
  'QEMU b dies',
  'host a dies',
  'host b dies',
  'host a stays away',
  'host b stays away',
] as const;
export type FaultKind = (typeof faultKinds)[number];

export type Fault = { point: number; kind: FaultKind };

export type Points = {
  /** A place where something may go wrong; a fault that is due there is done before it returns. */
  pass(label: string): Promise<void>;
  /** What was passed, with the faults between, for people. */
  readonly trace: string[];
  readonly passed: number;
  /** Set by whoever can do the faults. */
  strike: (kind: FaultKind) => void;
};

/** Lets everything that is due happen. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export function pointsOf(plan: readonly Fault[]): Points {
  const trace: string[] = [];
  let passed = 0;
  const points: Points = {
    trace,
    get passed() {
      return passed;
    },
    strike: () => undefined,
    async pass(label) {
      const here = passed;
      passed += 1;
      trace.push(`${here} ${label}`);
      for (const { point, kind } of plan) {
        if (point !== here) continue;
        trace.push(`  ! ${kind}`);
        points.strike(kind);
      }
      await turn();
    },
  };
  return points;
}

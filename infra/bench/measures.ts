/** Numbers of legs, and what is said of many: medians, and ratios within pairs. */

export type Tool = 'blanket' | 'virsh';

/** What a tool itself tells. `downtimeMs`: `null` where libvirt is asked. `copyMs`: `null` where nobody tells. */
export type Moved = { totalMs: number; downtimeMs: number | null; copyMs: number | null };

/** ms and bytes. */
export type Leg = {
  tool: Tool;
  from: string;
  to: string;
  totalMs: number;
  /** That a guest did not execute, as the tool or the hypervisor tells; of several guests the longest. */
  downtimeMs: number;
  /** The longest silence that the outside observer met. */
  gapMs: number;
  copyMs: number | null;
  /** What the tunnel was given by the host that sent. */
  wireBytes: number;
  /** Disk blocks and pages that were not zero, as libvirt counted them. */
  neededBytes: number;
};

/** Blanket there and back, virsh there and back. */
export type Pair = { blanket: readonly [Leg, Leg]; virsh: readonly [Leg, Leg] };

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  if (low === undefined || high === undefined) throw new Error('There is no median of nothing.');
  return (low + high) / 2;
};

export type Measure = 'totalMs' | 'downtimeMs' | 'gapMs' | 'wireBytes';
export const measures: readonly Measure[] = ['totalMs', 'downtimeMs', 'gapMs', 'wireBytes'];

const ofLegs = (legs: readonly [Leg, Leg], name: Measure): number => (legs[0][name] + legs[1][name]) / 2;

export type Comparison = { blanket: number; virsh: number; ratio: number; lowest: number; highest: number };

/** Medians over all pairs; the ratio is the median of the pairs' ratios, with the lowest and the highest. */
export function compare(pairs: readonly Pair[], name: Measure): Comparison {
  const each = pairs.map(({ blanket, virsh }) => ({
    ours: ofLegs(blanket, name),
    theirs: ofLegs(virsh, name),
  }));
  const ratios = each.map(({ ours, theirs }) => ours / theirs);
  return {
    blanket: median(each.map(({ ours }) => ours)),
    virsh: median(each.map(({ theirs }) => theirs)),
    ratio: median(ratios),
    lowest: Math.min(...ratios),
    highest: Math.max(...ratios),
  };
}

/** Of Blanket's legs: what went over the wire for each byte that had to. */
export const overhead = (pairs: readonly Pair[]): number =>
  median(pairs.flatMap(({ blanket }) => blanket.map((leg) => leg.wireBytes / leg.neededBytes)));

/** Of Blanket's legs: the time taken for each that the way itself would need for the bytes that had to go. */
export const timeOverWay = (pairs: readonly Pair[], bytesPerSecond: number): number =>
  median(
    pairs.flatMap(({ blanket }) =>
      blanket.map((leg) => leg.totalMs / ((leg.neededBytes / bytesPerSecond) * 1000)),
    ),
  );

/** What is measured: guests that do something, over ways between the two clouds. */

export type Path = {
  name: 'lan' | 'wan';
  latency: string;
  bandwidth: string;
  bytesPerSecond: number;
  roundTripMs: number;
};

/** Latency is each way, so the WAN's round trip takes 40 ms. */
export const paths: readonly Path[] = [
  { name: 'lan', latency: '1ms', bandwidth: '125MB', bytesPerSecond: 125e6, roundTripMs: 2 },
  { name: 'wan', latency: '20ms', bandwidth: '12.5MB', bytesPerSecond: 12.5e6, roundTripMs: 40 },
];

export type Scenario = {
  name: 'idle' | 'writer' | 'disk' | 'four';
  guests: number;
  /** Of its memory a guest writes at this share of what the way carries. */
  writes: number;
  /** Its disk holds this much that its image has not. */
  freshMiB: number;
};

/** @param freshMiB of the guest with fresh disk data; the 1,024 of the goal take hours on emulated hosts. */
export const scenarios = (freshMiB: number): readonly Scenario[] => [
  { name: 'idle', guests: 1, writes: 0, freshMiB: 0 },
  { name: 'writer', guests: 1, writes: 0.5, freshMiB: 0 },
  { name: 'disk', guests: 1, writes: 0, freshMiB },
  { name: 'four', guests: 4, writes: 0, freshMiB: 0 },
];

/** @throws Error for a name that is none. */
export function chosen<T extends { name: string }>(
  all: readonly T[],
  names: string | undefined,
): readonly T[] {
  if (names === undefined || names === '') return all;
  return names.split(',').map((name) => {
    const found = all.find((one) => one.name === name);
    if (found === undefined)
      throw new Error(`There is no ${name}: choose of ${all.map((one) => one.name).join(', ')}.`);
    return found;
  });
}

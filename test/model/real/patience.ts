/**
 * When a run is given up. By its own processor time, never by the clock: a machine that is busy with other things gives a run little of
 * it, and that makes nothing wrong.
 */
const processorMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** The most points that a run may pass; one that passes more is going in circles. */
const mostPoints = 3_000;
/** Whoever waits for so long without passing a point waits for good. */
const stillMs = 20_000;

/** @returns whether it is to be given up, told how many points were passed */
export function patience(): (passed: number) => boolean {
  let last = -1;
  let since = processorMs();
  return (passed) => {
    if (passed !== last) [last, since] = [passed, processorMs()];
    return passed > mostPoints || processorMs() - since > stillMs;
  };
}

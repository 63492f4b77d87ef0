/** The line that a demo ends with. Times are whole ms, sizes bytes. */

export type Outcome = {
  /** How long the guest did not execute, as the hypervisor tells. */
  downtimeMs: number;
  /** The longest silence that the outside observer met. */
  gapMs: number;
  totalMs: number;
  memoryBytes: number;
  diskBytes: number;
};

export function formatOutcome(outcome: Outcome): string {
  const { downtimeMs, gapMs, totalMs, memoryBytes, diskBytes } = outcome;
  const ms = (value: number) => Math.round(value).toString();
  return `demo: ok downtime=${ms(downtimeMs)} gap=${ms(gapMs)} total=${ms(totalMs)} memory=${memoryBytes} disk=${diskBytes}`;
}

/** What a host is held to, and why to just that. */
import type { DiskSpeed, KeptFile, KeptNow, Overhead } from '../../wire/methods/conform.ts';
import type {
  Check,
  ClockDrift,
  DriverReading,
  EngineReading,
  Measurement,
  Reading,
} from '../../wire/routes/conform.ts';
import { judge, type Rule } from './judge.ts';
import * as values from './values.ts';

/** Below this a guest's own log would wait for its disk. Bytes a second. */
const leastWrite = 1e6;
/** A file system reads long stretches as the device does; half leaves room for a neighbour's noise. */
const leastReadShare = 0.5;
/** What the kernel lets a time client correct (adjtimex(2): 500 ppm). */
const mostPpm = 500;
/** Certificates and guests' own clocks tolerate seconds; a boot from the real-time clock alone may cost one. */
const mostOffsetMs = 2_000;
/** A reboot changes no hardware, so a score that is halved by it says that something is not set up. */
const leastScoreShare = 0.5;
const mostMemoryShare = 0.2;
const mostCpuShare = 0.1;

const writing: Rule<DiskSpeed> = {
  name: 'disk write',
  text: ({ write }) => values.rate(write),
  fault: ({ write }) => (write < leastWrite ? `it writes less than ${values.rate(leastWrite)}` : undefined),
  limit: `at least ${values.rate(leastWrite)}, past the page cache`,
};

const reading: Rule<DiskSpeed> = {
  name: 'disk read',
  text: values.readText,
  fault: (speed) =>
    (values.shareOfRaw(speed) ?? 1) < leastReadShare || speed.read === 0
      ? `files are read at less than ${values.percent(leastReadShare)} of the device's own speed`
      : undefined,
  unsure: (speed) =>
    values.shareOfRaw(speed) === undefined
      ? (speed.rawRefused ?? `${speed.device} gave nothing.`)
      : undefined,
  limit: `at least ${values.percent(leastReadShare)} of the raw device`,
};

const drift: Rule<ClockDrift> = {
  name: 'clock drift',
  text: values.driftText,
  fault: ({ ppm, ppmUncertainty }) =>
    Math.abs(ppm) - ppmUncertainty > mostPpm ? `it drifts by more than ${mostPpm} ppm` : undefined,
  unsure: ({ ppmUncertainty }) =>
    ppmUncertainty > mostPpm
      ? 'Its answers took too long to tell a drift of that size from none.'
      : undefined,
  limit: `at most ${mostPpm} ppm against control's clock`,
};

const offset: Rule<ClockDrift> = {
  name: 'clock offset',
  text: values.offsetText,
  fault: ({ offsetMs, offsetUncertaintyMs }) =>
    Math.abs(offsetMs) - offsetUncertaintyMs > mostOffsetMs
      ? `its clock is more than ${mostOffsetMs} ms away from control's`
      : undefined,
  limit: `at most ${mostOffsetMs} ms from control's clock`,
};

const source: Rule<ClockDrift> = {
  name: 'clock source',
  text: (clock) => clock.source,
  fault: (clock) => (clock.source === '' ? 'the kernel names none' : undefined),
  change: (before, after) =>
    before.source === after.source ? undefined : `It was ${before.source} and is ${after.source} now.`,
  limit: 'the same after a reboot',
};

const engine: Rule<EngineReading> = {
  name: 'engine',
  text: values.engineText,
  fault: () => undefined,
  change(before, after) {
    if (before.chosen !== after.chosen) return `It was ${before.chosen}; now ${after.why}`;
    const [was, is] = [before.score ?? 0, after.score ?? 0];
    return is < was * leastScoreShare ? `Its score fell to ${values.percent(is / was)}.` : undefined;
  },
  limit: 'a guest boots with it; at least half the score after a reboot',
};

const driver: Rule<DriverReading> = {
  name: 'driver',
  text: values.driverText,
  fault({ shims }) {
    const failed = shims.filter(({ outcome }) => outcome === 'failed');
    return failed.length === 0
      ? undefined
      : failed.map(({ shim, detail }) => `${shim} is not as it was set: ${detail}`).join('; ');
  },
  limit: 'every shim reads back as set',
};

const memory: Rule<Overhead> = {
  name: 'blanket memory',
  text: values.memoryText,
  fault: ({ pssBytes, memoryTotal }) =>
    pssBytes > memoryTotal * mostMemoryShare
      ? `the blanket itself takes more than ${values.percent(mostMemoryShare)} of the host's memory`
      : undefined,
  limit: `at most ${values.percent(mostMemoryShare)} of the host's`,
};

const cpu: Rule<Overhead> = {
  name: 'blanket cpu',
  text: values.cpuText,
  fault: (overhead) =>
    values.cpuShare(overhead) > mostCpuShare
      ? `an idle blanket takes more than ${values.percent(mostCpuShare)} of a CPU`
      : undefined,
  limit: `at most ${values.percent(mostCpuShare)} of one CPU when idle`,
};

export function hostChecks(before: Measurement, after: Measurement | null): Check[] {
  return [
    judge(writing, before.disk, after?.disk),
    judge(reading, before.disk, after?.disk),
    judge(source, before.clock, after?.clock),
    judge(offset, before.clock, after?.clock),
    judge(drift, before.clock, after?.clock),
    judge(engine, before.engine, after?.engine),
    judge(driver, before.driver, after?.driver),
    judge(memory, before.overhead, after?.overhead),
    judge(cpu, before.overhead, after?.overhead),
  ];
}

/** The one check that is of the reboot itself. */
export function keptCheck(kept: KeptFile | undefined, now: Reading<KeptNow>): Check {
  const base = {
    name: 'disk persistence',
    before: kept === undefined ? null : values.keptText(kept),
    after: 'value' in now ? values.keptNowText(now.value) : null,
  };
  if ('skipped' in now) return { ...base, verdict: 'skipped', reason: now.skipped };
  if ('failed' in now) return { ...base, verdict: 'failed', reason: now.failed };
  const { present, intact } = now.value;
  if (present && intact)
    return { ...base, verdict: 'ok', reason: 'what was on the disk before is there after' };
  const reason = present
    ? `Data that the disk had confirmed came back changed: ${values.keptNowText(now.value)}.`
    : 'A file that the disk had confirmed is gone.';
  return { ...base, verdict: 'failed', reason };
}

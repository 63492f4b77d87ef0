/** Measured values as a person reads them in a table. */
import type {
  DiskSpeed,
  FlowReading,
  KeptFile,
  KeptNow,
  LossReading,
  Overhead,
  PathReading,
} from '../../wire/methods/conform.ts';
import type { ClockDrift, DriverReading, EngineReading } from '../../wire/routes/conform.ts';

const mebi = 2 ** 20;

/** `12.3 MB/s`: three digits are more than such a measurement is worth. */
export const rate = (bytesPerSecond: number): string =>
  `${Number((bytesPerSecond / 1e6).toPrecision(3))} MB/s`;

export const percent = (share: number): string => `${Number((share * 100).toPrecision(3))}%`;

const signed = (value: number): string => {
  const rounded = Math.round(value);
  return rounded > 0 ? `+${rounded}` : `${rounded === 0 ? 0 : rounded}`;
};

export const keptText = ({ bytes, digest }: KeptFile): string =>
  `${Number((bytes / mebi).toPrecision(3))} MiB, sha256 ${digest.slice(0, 8)}…`;

export function keptNowText({ present, intact, blocks, tornBlocks }: KeptNow): string {
  if (!present) return 'gone';
  if (intact) return 'intact';
  return tornBlocks > 0 ? `${tornBlocks} of ${blocks} blocks torn` : 'not what was written';
}

/** Of the raw device's speed; `undefined` where it could not be measured. */
export const shareOfRaw = ({ read, rawRead }: DiskSpeed): number | undefined =>
  rawRead === undefined || rawRead === 0 ? undefined : read / rawRead;

export function readText(speed: DiskSpeed): string {
  const share = shareOfRaw(speed);
  const against = share === undefined ? '' : `, ${percent(share)} of raw (${rate(speed.rawRead ?? 0)})`;
  return `${rate(speed.read)}${against}`;
}

export const flowText = ({ perSecond }: FlowReading): string => rate(perSecond);

export const lossOf = ({ sent, received }: LossReading): number => (sent > 0 ? (sent - received) / sent : 1);

export const lossText = (loss: LossReading): string =>
  [
    `${percent(lossOf(loss))} of ${loss.sent}`,
    ...(loss.rttMs === undefined ? [] : [`${Number(loss.rttMs.toPrecision(3))} ms`]),
  ].join(', ');

export const pathText = ({ largest, needed }: PathReading): string =>
  `${largest ?? 'nothing'} (needs ${needed})`;

export const driftText = ({ ppm, ppmUncertainty }: ClockDrift): string =>
  `${signed(ppm)} ±${Math.ceil(ppmUncertainty)} ppm`;

export const offsetText = ({ offsetMs, offsetUncertaintyMs }: ClockDrift): string =>
  `${signed(offsetMs)} ±${Math.ceil(offsetUncertaintyMs)} ms`;

export const engineText = ({ chosen, score }: EngineReading): string =>
  score === undefined ? chosen : `${chosen}, score ${Math.round(score)}`;

export function driverText({ driver, shims }: DriverReading): string {
  const count = (outcome: string) => shims.filter((shim) => shim.outcome === outcome).length;
  const parts = (['set', 'refused', 'failed'] as const)
    .map((outcome) => ({ outcome, number: count(outcome) }))
    .filter(({ outcome, number }) => number > 0 || outcome === 'set')
    .map(({ outcome, number }) => `${number} ${outcome}`);
  return `${driver}: ${parts.join(', ')}`;
}

export const memoryText = ({ pssBytes, memoryTotal }: Overhead): string =>
  `${Math.round(pssBytes / mebi)} MiB, ${percent(pssBytes / memoryTotal)}`;

/** Of one CPU. */
export const cpuShare = ({ cpuMs, windowMs }: Overhead): number => cpuMs / windowMs;

export const cpuText = (overhead: Overhead): string =>
  `${percent(cpuShare(overhead))} of a CPU, ${Number((cpuShare(overhead) * 60).toPrecision(2))} s a minute`;

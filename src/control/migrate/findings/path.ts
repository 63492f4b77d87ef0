/** What the measurements say: of the way between the hosts, of the guest's writing, of the clocks. */
import type { Problem } from '../../../wire/errors.ts';
import type { PathReading, SourceSurvey } from '../../../wire/methods/plan.ts';
import type { Finding } from '../../../wire/migration-plan.ts';
import type { Skew } from '../measure-skew.ts';
import type { Attempt } from '../read-hosts.ts';
import { warning } from './finding.ts';

/** 10 Mbit/s: a gibibyte takes a quarter of an hour. */
const SLOW_BPS = 1.25e6;
/** What programs in guests and hosts put up with when they compare times. */
const MOST_SKEW_MS = 1_000;

const rate = (bps: number): string => `${(bps / 1e6).toPrecision(3)} MB/s`;
const why = ({ message, causes = [] }: Problem): string => [message, ...causes].join(' ');

/** Bytes a second that the copy may use. */
export const usableBps = (path: PathReading, limitBps: number | undefined): number =>
  Math.min(path.bytesPerSecond, limitBps ?? Number.POSITIVE_INFINITY);

/** So little came over that its pace may be that of the hosts' other work, and of TCP's begin. */
const FEW_BYTES = 2 ** 20;
export const isUnsure = ({ bytes }: Pick<PathReading, 'bytes'>): boolean => bytes < FEW_BYTES;

export function pathFindings(source: string, destination: string, path: Attempt<PathReading>): Finding[] {
  if (!path.ok || path.value.bytesPerSecond === 0) {
    const cause = path.ok ? 'All of it arrived at once.' : why(path.problem);
    return [
      warning(
        'migrate.path-unmeasured',
        `The way from ${source} to ${destination} could not be measured: ${cause}`,
        `See \`blanket tunnel list\` and \`blanket host show ${destination}\`. The migration is tried without a prediction.`,
        { source, destination },
      ),
    ];
  }
  const { bytesPerSecond, rttMs, bytes } = path.value;
  if (isUnsure(path.value)) {
    return [
      warning(
        'migrate.path-unsure',
        `From ${source} to ${destination} only ${Math.ceil(bytes / 1024)} KiB got through in the time of the measurement, at ${rate(bytesPerSecond)}: a slow way, or hosts that were busy just then.`,
        'What is foretold says little; the copy may be several times as fast.',
        { bytesPerSecond, rttMs, bytes },
      ),
    ];
  }
  if (bytesPerSecond >= SLOW_BPS) return [];
  return [
    warning(
      'migrate.slow-path',
      `From ${source} to ${destination} only ${rate(bytesPerSecond)} get through.`,
      'Expect it to take long, or choose a nearer host.',
      { bytesPerSecond, rttMs },
    ),
  ];
}

type Writing = {
  guest: string;
  survey: SourceSurvey;
  path: PathReading | null;
  limitBps: number | undefined;
  autoConverge: boolean;
};

export function dirtyFindings({ guest, survey, path, limitBps, autoConverge }: Writing): Finding[] {
  const { dirtyBytesPerSecond: dirty, dirtyUnmeasured } = survey;
  if (dirty === null) {
    const message = dirtyUnmeasured ?? `How fast ${guest} writes its memory was not measured.`;
    const next = 'The migration is tried; whether it converges is seen then.';
    return [warning('migrate.dirty-unmeasured', message, next, { guest })];
  }
  if (path === null || path.bytesPerSecond === 0) return [];
  const usable = usableBps(path, limitBps);
  if (dirty < usable) return [];
  const slowed = autoConverge ? ' It is slowed down until its memory converges.' : '';
  return [
    warning(
      'migrate.never-converges',
      `${guest} writes its memory at ${rate(dirty)}, and ${rate(usable)} get through: what is left to send does not shrink.${slowed}`,
      limitBps !== undefined && limitBps < path.bytesPerSecond
        ? 'Raise --bandwidth, wait until the guest writes less, or use --mode suspend.'
        : 'Wait until the guest writes less, choose a host with a faster way, or use --mode suspend.',
      { dirtyBytesPerSecond: dirty, bytesPerSecond: usable },
    ),
  ];
}

export function skewFindings(source: string, destination: string, skew: Attempt<Skew>): Finding[] {
  if (!skew.ok) {
    const message = `The clocks of ${source} and ${destination} could not be compared: ${why(skew.problem)}`;
    return [warning('migrate.time-unread', message, 'Compare them by hand: `date` on both hosts.')];
  }
  const { skewMs, uncertaintyMs } = skew.value;
  if (Math.abs(skewMs) - uncertaintyMs <= MOST_SKEW_MS) return [];
  const seconds = (Math.abs(skewMs) / 1000).toFixed(1);
  return [
    warning(
      'migrate.time-skew',
      `The clock of ${destination} is ${seconds} s ${skewMs > 0 ? 'before' : 'behind'} that of ${source}.`,
      'Let both hosts keep time by NTP (`timedatectl` on each), or the guest sees its time step.',
      { skewMs: Math.round(skewMs), uncertaintyMs: Math.round(uncertaintyMs) },
    ),
  ];
}

/**
 * Whether a guest's memory is compressed on its way, and over how many connections it goes, where nobody asked for anything
 * else. Decided from what was measured: the way between the hosts, and what their processors compress.
 *
 *   uncompressed   memory goes at the way's pace B
 *   compressed     at the smaller of B / share (what is left of a page by compression) and what the processors compress
 *
 * Each connection has a thread that compresses at the source and one that unpacks at the destination (QEMU's multifd).
 */
import type { CopyChoice } from '../../wire/copy-choice.ts';
import type { Compressing, PathReading } from '../../wire/methods/plan.ts';
import type { EngineName } from '../../wire/names.ts';
import type { Objective } from '../../wire/objective.ts';
import { compareVersions } from './findings/versions.ts';
import { mayRunAhead } from './way.ts';

export type ChoiceHost = {
  name: string;
  qemu: string;
  libvirt: string;
  compressing?: Compressing | undefined;
};

export type ChoiceCase = {
  engine: EngineName;
  objective: Pick<
    Objective,
    'compress' | 'connections' | 'bandwidthBps' | 'mode' | 'onTimeout' | 'maxTotalMs'
  >;
  path: PathReading | null;
  source: ChoiceHost;
  destination: ChoiceHost;
  /** What is likely left of a page by compression, 0 to 1. */
  share: number;
};

/** `VIR_MIGRATE_PARAM_COMPRESSION` knows zstd since libvirt 9.4 (libvirt-domain.h). */
const LIBVIRT_ZSTD = '9.4.0';
/** QEMU has multifd's zstd since 5.0, and before 8.1 counts each page as if it were sent whole, also against a bandwidth limit. */
const QEMU_ZSTD = '8.1.0';
/** Compression takes time from guests on both hosts, and all of this is estimated: it must promise so much more. */
const WORTH = 1.25;
/** Of a host's CPUs; the rest is the guests'. */
const CPU_SHARE = 0.5;
/** zstd unpacks faster than it compresses at level 1 by at least this (facebook/zstd's own benchmark has 3 to 4). */
const UNPACKS_FASTER = 2;
/** Linux lets one TCP connection have about 4 MiB on its way (tcp_wmem), and a measurement sends no more than that. */
const MUCH_ON_ITS_WAY = 2 ** 20;
const SIDE_BY_SIDE = 4;
const MOST_THREADS = 8;
/**
 * QEMU looks ten times a second whether its limit is reached, and multifd sends packets of 512 KiB: four of these in such a time. Below
 * that it sends more than it may (measured: 8.7 MB/s with a limit of 3 MiB/s).
 */
const LEAST_LIMIT = 20 * 2 ** 20;

/** Why these two cannot compress, a full sentence; `undefined`: they can. */
export function whyUnable({ engine, source, destination }: ChoiceCase): string | undefined {
  if (engine === 'xen') return 'Xen does not compress what it sends.';
  for (const { name, qemu, libvirt, compressing } of [source, destination]) {
    if (compareVersions(libvirt, LIBVIRT_ZSTD) < 0) {
      return `libvirt ${libvirt} on ${name} cannot compress; ${LIBVIRT_ZSTD} is the first that can.`;
    }
    if (compareVersions(qemu, QEMU_ZSTD) < 0) {
      return `QEMU ${qemu} on ${name} does not compress as it should; ${QEMU_ZSTD} is the first that does.`;
    }
    if (compressing === undefined) return `The agent on ${name} does not tell what its processor compresses.`;
  }
  return undefined;
}

/** Bytes a second, before compression, that both processors keep up with. */
export function compressingBps(
  { source, destination }: { source?: Compressing | undefined; destination?: Compressing | undefined },
  connections: number,
): number {
  if (source === undefined || destination === undefined) return 0;
  const threads = ({ cpus }: Compressing) => Math.min(connections, cpus * CPU_SHARE);
  return Math.min(
    source.bytesPerSecond * threads(source),
    destination.bytesPerSecond * threads(destination) * UNPACKS_FASTER,
  );
}

/** For the path alone: one connection does not use a way on which much is on its way at any time. */
function connectionsFor({ path, objective: { bandwidthBps }, source, destination }: ChoiceCase): number {
  if (path === null || bandwidthBps !== undefined) return 1;
  const onItsWay = (path.bytesPerSecond * path.rttMs) / 1000;
  const cpus = Math.min(source.compressing?.cpus ?? 1, destination.compressing?.cpus ?? 1);
  return onItsWay < MUCH_ON_ITS_WAY ? 1 : Math.max(1, Math.min(SIDE_BY_SIDE, cpus));
}

/** Threads that keep up with the way, and no more than half of the CPUs of either host. */
function threadsFor({ source, destination, share }: ChoiceCase, usable: number): number {
  if (source.compressing === undefined || destination.compressing === undefined) return 1;
  const needed = Math.ceil(usable / share / Math.max(1, source.compressing.bytesPerSecond));
  const spare = Math.floor(Math.min(source.compressing.cpus, destination.compressing.cpus) * CPU_SHARE);
  return Math.max(1, Math.min(needed, spare, MOST_THREADS));
}

const rate = (bps: number): string => `${(bps / 1e6).toPrecision(3)} MB/s`;

type Verdict = Pick<CopyChoice, 'compression' | 'why'>;

function judge(one: ChoiceCase, usable: number, threads: number): Verdict {
  const { source, destination, share } = one;
  const none = (why: string): Verdict => ({ compression: 'none', why });
  const unable = whyUnable(one);
  if (unable !== undefined) return none(unable);
  if ((one.objective.bandwidthBps ?? LEAST_LIMIT) < LEAST_LIMIT) {
    return none('Compressed, QEMU would not keep to a limit as low as this --bandwidth.');
  }
  const compressed = compressingBps(
    { source: source.compressing, destination: destination.compressing },
    threads,
  );
  const pace = Math.min(compressed, usable / share);
  const both = `${rate(usable)} go through, and the hosts compress ${rate(compressed)}`;
  if (pace < usable * WORTH) return none(`${both}: compressing would gain too little.`);
  const gain = (pace / usable).toPrecision(2);
  return {
    compression: 'zstd',
    why: `${both}: compressed, memory goes about ${gain} times as fast if it shrinks to ${Math.round(share * 100)} %.`,
  };
}

/** QEMU before 10.1 does not do post-copy over connections of multifd's, by which alone it compresses with zstd. */
const forPostCopy: CopyChoice = {
  compression: 'none',
  connections: 1,
  why: 'Post-copy is allowed, for which memory goes as it is, over one connection.',
};

/** What is asked for goes first, even where it gains nothing; a plan blocks what cannot be (`findings/compress.ts`). */
export function chooseCopy(one: ChoiceCase): CopyChoice {
  const { objective, path } = one;
  if (mayRunAhead(objective)) return forPostCopy;
  const usable =
    path === null ? 0 : Math.min(path.bytesPerSecond, objective.bandwidthBps ?? Number.POSITIVE_INFINITY);
  const threads =
    objective.connections === 'auto'
      ? Math.max(threadsFor(one, usable), connectionsFor(one))
      : objective.connections;
  const { compression, why } = verdictOf(one, usable, threads);
  const connections =
    objective.connections === 'auto' && compression === 'none' ? connectionsFor(one) : threads;
  return { compression, connections, why: `${why}${connectionsWhy(one, compression, connections)}` };
}

function verdictOf(one: ChoiceCase, usable: number, threads: number): Verdict {
  const { compress } = one.objective;
  if (compress === 'none') return { compression: 'none', why: 'No compression was asked for.' };
  if (compress === 'zstd') return { compression: 'zstd', why: 'Compression by zstd was asked for.' };
  if (usable === 0) return { compression: 'none', why: 'The way between the hosts was not measured.' };
  return judge(one, usable, threads);
}

function connectionsWhy(
  one: ChoiceCase,
  compression: CopyChoice['compression'],
  connections: number,
): string {
  if (connections === 1 || one.objective.connections !== 'auto') return '';
  return connections > connectionsFor(one) && compression === 'zstd'
    ? ` ${connections} connections, so that as many CPUs compress.`
    : ` ${connections} connections, since one alone may not fill the way.`;
}

/**
 * A migration's plan: everything that is found, from the store and from both hosts, and what was measured. It is the same
 * for `blanket migrate --plan` and for a migration's own first phase, and touches nothing.
 */
import type { PastMigration } from '../../wire/migration-history.ts';
import type { Finding, MigrationPlan, PlanReadings } from '../../wire/migration-plan.ts';
import type { Objective } from '../../wire/objective.ts';
import type { Prediction } from '../../wire/prediction.ts';
import { learnCpu } from '../fleet/known-cpus.ts';
import type { Services } from '../services.ts';
import type { GuestRecord, HostRecord } from '../store/records.ts';
import { type ChoiceCase, chooseCopy } from './choose-copy.ts';
import { compressFindings } from './findings/compress.ts';
import { cpuFindingsOf } from './findings/cpu.ts';
import { blocker, blockers, inOrder, warning } from './findings/finding.ts';
import { machineFindings, networkFindings, noticeFindings, stuckFindings } from './findings/guest.ts';
import { dirtyFindings, pathFindings, skewFindings } from './findings/path.ts';
import { postCopyFindings } from './findings/post-copy.ts';
import { versionFindings } from './findings/versions.ts';
import { earlierBetween } from './history.ts';
import { readingFindings, recordFindings } from './plan.ts';
import { quantile } from './predict/beliefs.ts';
import { believed } from './predict/learn.ts';
import { predict } from './predict/predict.ts';
import { type Attempt, attempt, type HostReadings, orNull, readHosts } from './read-hosts.ts';

export type PlanWish = { guest: string; destination: string; objective: Objective };

type Case = {
  guest: GuestRecord;
  source: HostRecord;
  destination: HostRecord;
  objective: Objective;
  readings: HostReadings;
  imageBytes: number | null;
};

/** Hosts that are not ready are not asked. */
export async function makePlan(services: Services, wish: PlanWish): Promise<MigrationPlan> {
  const { store } = services;
  const guest = store.guests.get(wish.guest);
  const [source, destination] = [store.hosts.get(guest.host), store.hosts.get(wish.destination)];
  const known = recordFindings(guest, destination, wish.objective.mode === 'cold');
  const askable = source.name !== destination.name && destination.state === 'ready';
  if (!askable) return planOf(wish, guest, known, null, null);
  const [readings, learnt] = await Promise.all([
    readHosts(services, guest, destination.name),
    attempt(() => learnCpu(services, destination.name)),
  ]);
  const imageBytes = imageToFetch(guest, readings);
  const one = { guest, source, destination, objective: wish.objective, readings, imageBytes };
  const found = [
    ...known,
    ...cpuFindingsOf(store, guest, destination.name),
    ...(learnt.ok ? [] : [unsurveyed(destination.name, learnt)]),
    ...hostFindings(one),
    ...surveyFindings(one),
    ...networkFindingsOf(services, one),
    ...measuredFindings(one),
  ];
  const measured = readingsOf(one);
  const earlier = earlierBetween(store, source.name, destination.name);
  // What is chosen and foretold is how memory goes over.
  if (wish.objective.mode === 'cold') return planOf(wish, guest, found, measured, null);
  const choosing = choiceCaseOf(one, earlier);
  const choice = choosing === undefined ? undefined : chooseCopy(choosing);
  const findings = [...found, ...(choosing === undefined ? [] : compressFindings(choosing))];
  const prediction = predict({ readings: measured, objective: wish.objective, choice, earlier });
  return { ...planOf(wish, guest, findings, measured, prediction), ...(choice !== undefined && { choice }) };
}

const planOf = (
  wish: PlanWish,
  { name, host }: GuestRecord,
  findings: readonly Finding[],
  readings: PlanReadings | null,
  prediction: Prediction | null,
): MigrationPlan => ({
  ...{ guest: name, source: host, destination: wish.destination },
  blocked: blockers(findings).length > 0,
  findings: inOrder(unique(findings)),
  readings,
  prediction,
});

/** The store and a host may say the same: a guest that does not run. */
const unique = (findings: readonly Finding[]): Finding[] =>
  findings.filter(({ message }, index) => findings.findIndex((other) => other.message === message) === index);

const failed = (readings: readonly Attempt<unknown>[]) => readings.find((reading) => !reading.ok);

/** `null`: not known. */
function imageToFetch({ digest }: GuestRecord, { imagesAtSource, imagesAtDestination }: HostReadings) {
  if (!imagesAtDestination.ok) return null;
  if (imagesAtDestination.value.images.some((image) => image.digest === digest)) return 0;
  return orNull(imagesAtSource)?.images.find((image) => image.digest === digest)?.bytes ?? null;
}

function unread(host: string, problem: { code: string; message: string }): Finding {
  const next = `See \`blanket host show ${host}\`, then try again.`;
  return blocker('migrate.host-unread', `${host} cannot be asked: ${problem.message}`, next, {
    host,
    code: problem.code,
  });
}

function hostFindings({ guest, source, destination, objective, readings, imageBytes }: Case): Finding[] {
  const { atSource, atDestination, sourceStatus, destinationStatus, imagesAtDestination } = readings;
  const lost = [
    [source.name, failed([atSource, sourceStatus])] as const,
    [destination.name, failed([atDestination, destinationStatus, imagesAtDestination])] as const,
  ].flatMap(([host, reading]) => (reading?.ok === false ? [unread(host, reading.problem)] : []));
  if (!(atSource.ok && atDestination.ok && sourceStatus.ok && destinationStatus.ok)) return lost;
  const room = destinationStatus.value;
  const views = { atSource: atSource.value, atDestination: atDestination.value };
  const image = imageBytes === null ? {} : { imageBytes };
  return [
    ...readingFindings({
      guest,
      source,
      destination,
      ...views,
      room,
      ...image,
      cold: objective.mode === 'cold',
    }),
    ...versionFindings({
      ...{ guest: guest.name, engine: guest.engine, mode: objective.mode },
      source: { ...sourceStatus.value, name: source.name },
      destination: { ...room, name: destination.name },
    }),
    ...(imagesAtDestination.ok ? imageFindings(guest, destination.name, imageBytes) : lost),
    ...noticeFindings(destination.name, room),
  ];
}

function imageFindings(guest: GuestRecord, host: string, imageBytes: number | null): Finding[] {
  if (imageBytes === 0) return [];
  const size = imageBytes === null ? '' : ` (${Math.ceil(imageBytes / 2 ** 20)} MiB)`;
  return [
    warning(
      'migrate.image-absent',
      `${host} does not have the image ${guest.image}${size}; it is fetched before the guest is touched.`,
      'Nothing has to be done; it takes longer the first time.',
      { image: guest.image, bytes: imageBytes },
    ),
  ];
}

const unsurveyed = (host: string, reading: Attempt<unknown>): Finding =>
  warning(
    'migrate.survey-unread',
    `${host} does not tell all that is asked before a migration: ${reading.ok ? '' : reading.problem.message}`,
    'Bring agent and control to the same version; the hypervisor itself refuses what cannot be.',
    { host },
  );

function surveyFindings({ guest, source, destination, objective, readings }: Case): Finding[] {
  const { source: own, destination: theirs } = readings;
  const { bandwidthBps: limitBps, autoConverge } = objective;
  const runs = readings.atSource.ok && readings.atSource.value.state === 'running';
  return [
    // one that does not run there is told of already
    ...(own.ok || !runs ? [] : [unsurveyed(source.name, own)]),
    ...(theirs.ok ? [] : [unsurveyed(destination.name, theirs)]),
    ...postCopyFindings(objective, destination.name, orNull(theirs)),
    ...(own.ok ? stuckFindings(guest.name, own.value) : []),
    ...(own.ok && theirs.ok ? machineFindings(guest.name, destination.name, own.value, theirs.value) : []),
    ...(own.ok && !['suspend', 'cold'].includes(objective.mode)
      ? dirtyFindings({
          ...{ guest: guest.name, survey: own.value, path: orNull(readings.path), limitBps, autoConverge },
        })
      : []),
  ];
}

function networkFindingsOf({ store }: Services, { guest, source, destination, readings }: Case): Finding[] {
  const status = orNull(readings.destinationStatus);
  const way = { host: destination.name, source: source.name };
  return status === null ? [] : networkFindings(guest, store.networks.list(), way, status);
}

const compressingOf = ({ source, destination }: HostReadings) => ({
  source: orNull(source)?.compressing,
  destination: orNull(destination)?.compressing,
});

/** `undefined` where a host could not be asked, which blocks it anyway. */
function choiceCaseOf(
  { guest, source, destination, objective, readings }: Case,
  earlier: readonly PastMigration[],
): ChoiceCase | undefined {
  const { sourceStatus, destinationStatus } = readings;
  if (!(sourceStatus.ok && destinationStatus.ok)) return undefined;
  const [own, theirs] = [sourceStatus.value, destinationStatus.value];
  const compressing = compressingOf(readings);
  return {
    ...{ engine: guest.engine, objective, path: orNull(readings.path) },
    source: { ...own, name: source.name, compressing: compressing.source },
    destination: { ...theirs, name: destination.name, compressing: compressing.destination },
    share: quantile(believed({ readings: { path: orNull(readings.path) }, earlier }).packed, 0.5),
  };
}

const measuredFindings = ({ source, destination, readings: { path, skew } }: Case): Finding[] => [
  ...pathFindings(source.name, destination.name, path),
  ...skewFindings(source.name, destination.name, skew),
];

function readingsOf({ guest, readings, imageBytes }: Case): PlanReadings {
  const own = orNull(readings.source);
  const skew = orNull(readings.skew);
  return {
    path: orNull(readings.path),
    dirtyBytesPerSecond: own?.dirtyBytesPerSecond ?? null,
    memoryBytes: guest.memoryMiB * 2 ** 20,
    residentBytes: own?.residentBytes ?? null,
    diskBytes: orNull(readings.atSource)?.diskAllocated ?? null,
    imageBytes,
    skewMs: skew === null ? null : Math.round(skew.skewMs),
    compressing: compressingOf(readings),
  };
}

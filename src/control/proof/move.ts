/** What is known of a finished migration, as its signed record says it. */
import type { Move } from '../../wire/move-proof.ts';
import type { MigrationResult, Operation } from '../../wire/resources.ts';
import { version } from '../../wire/version.ts';
import type { MigrateState } from '../migrate/state.ts';
import type { GuestRecord, HostRecord } from '../store/records.ts';

export type Known = {
  state: MigrateState;
  operation: Operation;
  result: MigrationResult;
  guest: GuestRecord;
  source: HostRecord;
  destination: HostRecord;
};

type Versions = NonNullable<MigrateState['witnessed']>['source'];

const sideOf = (
  { name, cloud, driver, engine }: HostRecord,
  versions: Versions | undefined,
): Move['source'] => ({
  host: name,
  cloud,
  driver,
  engine,
  versions: versions ?? null,
});

const reasons = {
  diskDigests: 'The disks were not read again: the migration was not asked to (--verify-disk).',
  clockStepMs: 'Nobody inside the guest was asked for its clock.',
  predicted: 'Nothing was foretold.',
  downtimeMs: 'The hypervisors did not tell how long the guest stood still.',
  stopped: 'The guest was stopped before and after.',
  versions: 'The host could not be asked after the handover.',
};

export function moveOf({ state, operation, result, guest, source, destination }: Known): Move {
  const { witnessed, digests, clockStep = { unread: reasons.clockStepMs } } = state;
  const step = 'unread' in clockStep ? undefined : clockStep;
  const unreadClock = 'unread' in clockStep ? clockStep.unread : '';
  const predicted = state.planned?.prediction ?? null;
  const known: [name: string, why: string, value: unknown][] = [
    ['disk', reasons.diskDigests, digests],
    ['clockStepMs', unreadClock, step?.stepMs],
    ['predicted', reasons.predicted, predicted],
    [
      'downtimeMs',
      state.cold?.wasRunning === false ? reasons.stopped : reasons.downtimeMs,
      result.downtimeMs,
    ],
    ['source.versions', reasons.versions, witnessed?.source],
    ['destination.versions', reasons.versions, witnessed?.destination],
  ];
  return {
    operation: operation.id,
    guest: { name: guest.name, uuid: guest.uuid, image: guest.digest },
    source: sideOf(source, witnessed?.source),
    destination: sideOf(destination, witnessed?.destination),
    startedAt: operation.createdAt,
    endedAt: operation.endedAt ?? operation.createdAt,
    phases: operation.phases.map(({ name, startedAt, durationMs }) => ({ name, startedAt, durationMs })),
    totalMs: result.totalMs,
    memoryBytes: result.memoryBytes,
    diskBytes: result.diskBytes,
    rounds: result.rounds,
    downtimeMs: result.downtimeMs,
    predicted: predicted === null ? null : { downtimeMs: predicted.downtimeMs, totalMs: predicted.totalMs },
    disk:
      digests === undefined
        ? { verifiedBy: 'mirror', source: null, destination: null }
        : { verifiedBy: 'digest', ...digests },
    clockStepMs: step?.stepMs ?? null,
    clockStepUncertaintyMs: step?.uncertaintyMs ?? null,
    blanket: version,
    unknown: Object.fromEntries(
      known.filter(([, , value]) => value === undefined || value === null).map(([name, why]) => [name, why]),
    ),
  };
}

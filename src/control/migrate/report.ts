/** Numbers of a migration as people see them. */
import type { Problem } from '../../wire/errors.ts';
import type { MigrationStats } from '../../wire/migration.ts';
import type { MigrationResult, Operation, Progress } from '../../wire/resources.ts';
import type { MigrateState } from './state.ts';

function messageOf({ memoryTotal, rounds, postcopy }: MigrationStats): string {
  if (postcopy === true) return 'post-copy';
  return memoryTotal === 0 ? 'disk' : `round ${rounds}`;
}

/** What is sent of a page: less than all of it where pages are compressed. */
const shareSent = ({ memoryDone, pageBytes }: MigrationStats): number =>
  pageBytes === undefined || pageBytes <= memoryDone ? 1 : memoryDone / pageBytes;

/**
 * The disk goes first. Until memory's turn comes nothing is known of it, and all of it (`memoryBytes`) is what is
 * still to go at most; zero pages then shorten the rest, so the share that is done never falls for it.
 */
export function progressOf(stats: MigrationStats, memoryBytes: number): Progress {
  const memoryLeft = stats.memoryTotal === 0 ? memoryBytes : stats.memoryLeft;
  const left = memoryLeft + stats.diskLeft;
  const doneBytes = stats.memoryDone + stats.diskDone;
  return {
    message: messageOf(stats),
    doneBytes,
    totalBytes: doneBytes + left,
    bytesPerSecond: stats.bytesPerSecond,
    dirtyBytesPerSecond: stats.dirtyBytesPerSecond,
    round: stats.rounds,
    ...(stats.bytesPerSecond > 0 && {
      leftMs: Math.round(((memoryLeft * shareSent(stats) + stats.diskLeft) / stats.bytesPerSecond) * 1000),
    }),
  };
}

/**
 * The hosts' clocks may differ by more than the downtime, so nothing is subtracted across them: it is what each host
 * took by its own clock, and the handover by control's. The time that Finish takes is in both, so this errs upwards. In post-copy
 * it is how long the source's hypervisor had paused the guest when it answered, and from then until the destination's let it go on.
 */
function downtimeOf({ performed, finished, confirmed }: MigrateState): number | null {
  const net =
    performed?.postcopy === true
      ? performed.stats.downtimeMs
      : (finished?.stats?.downtimeMs ?? confirmed?.stats?.downtimeMs);
  const handoverMs = finished?.handoverMs ?? null;
  return handoverMs === null || net === undefined ? null : Math.round(net + handoverMs);
}

/** Of the checks, and of what came of post-copy. */
function warningsOf({ warnings = [], restarted, guest, destination }: MigrateState): Problem[] {
  if (restarted !== true) return warnings;
  const message = `The memory of ${guest} was lost in post-copy; it was started anew from its disk on ${destination}.`;
  return [...warnings, { code: 'migrate.postcopy-restarted', kind: 'attention', message }];
}

/** From the word to shut down until it was started; by control's clock. */
const coldDowntimeOf = ({ downAt, upAt }: NonNullable<MigrateState['cold']>): number | null =>
  downAt === undefined || upAt === undefined ? null : upAt - downAt;

export function resultOf(state: MigrateState, operation: Operation): MigrationResult {
  // Asking for the last numbers while the guest stands still would lengthen that; confirm brings them.
  const copied = state.confirmed?.stats ?? state.performed?.stats;
  const ended = operation.endedAt === null ? Date.now() : Date.parse(operation.endedAt);
  const warnings = warningsOf(state);
  return {
    guest: state.guest,
    source: state.source,
    destination: state.destination,
    downtimeMs: state.cold === undefined ? downtimeOf(state) : coldDowntimeOf(state.cold),
    forwardingMs: state.finished?.forwardingMs ?? null,
    totalMs: ended - Date.parse(operation.createdAt),
    memoryBytes: copied?.memoryDone ?? 0,
    ...(copied?.pageBytes !== undefined && { pageBytes: copied.pageBytes }),
    diskBytes: state.cold?.sent ?? copied?.diskDone ?? 0,
    rounds: copied?.rounds ?? 0,
    ...(state.planned?.choice !== undefined && { choice: state.planned.choice }),
    objective: state.objective,
    downtimeLimitMs: state.performed?.stats.downtimeLimitMs ?? null,
    throttlePercent: state.performed?.stats.throttlePercent ?? 0,
    paused: state.performed?.stats.paused ?? false,
    ...(state.performed?.postcopy === true && { postcopy: true }),
    ...(state.digests !== undefined && { diskDigest: state.digests.source }),
    ...(warnings.length > 0 && { warnings }),
  };
}

/** The objective of one migration, from what its command and its guest ask for. */
import { BlanketError } from '../../wire/errors.ts';
import { type Objective, type ObjectiveWish, objectiveSchema } from '../../wire/objective.ts';

const conflict = (code: string, message: string, next: string): BlanketError =>
  new BlanketError(code, message, { kind: 'usage', next });

/** Wishes of one command that contradict each other. What a guest has set for all its migrations gives way instead. */
function refuseConflicts(wish: ObjectiveWish, objective: Objective): void {
  const { mode, maxTotalMs } = objective;
  if (wish.onTimeout !== undefined && maxTotalMs === undefined) {
    const message = 'There is no time after which --on-timeout could act.';
    throw conflict('objective.no-total', message, 'Give --max-total as well.');
  }
  if (mode === 'suspend' && wish.maxDowntimeMs !== undefined) {
    const message =
      'With --mode suspend the guest is paused while its memory is copied, however long that takes.';
    throw conflict('objective.suspend-downtime', message, 'Leave --max-downtime out, or use --mode live.');
  }
  if (mode === 'suspend' && wish.onTimeout === 'postcopy') {
    const message =
      'With --mode suspend the guest is paused for all of its memory: there is nothing to go ahead of.';
    throw conflict('objective.suspend-postcopy', message, 'Use --mode live, or --on-timeout abort.');
  }
  if (mode === 'suspend' && wish.onTimeout === 'pause') {
    const message = 'With --mode suspend the guest is paused already when --max-total is over.';
    throw conflict('objective.suspend-pause', message, 'Use --on-timeout abort.');
  }
  if (mode === 'cold') refuseColdConflicts(wish);
  if (
    wish.maxTotalMs !== undefined &&
    wish.maxDowntimeMs !== undefined &&
    wish.maxTotalMs <= wish.maxDowntimeMs
  ) {
    const message = '--max-total includes the downtime, so it must be more than --max-downtime.';
    throw conflict('objective.total-too-short', message, 'Raise --max-total, or lower --max-downtime.');
  }
}

/** Whoever asked for them: post-copy is for a person who knows that nothing else is meant. */
function refuseWithPostCopy({ onTimeout, connections, compress, verifyDisk }: Objective): void {
  if (onTimeout !== 'postcopy') return;
  if (compress === 'zstd') {
    const message = 'Post-copy cannot have its memory compressed (QEMU before 10.1).';
    throw conflict(
      'objective.postcopy-compress',
      message,
      'Leave --compress out, or give another --on-timeout.',
    );
  }
  if (connections !== 'auto' && connections > 1) {
    const message = 'Post-copy cannot have its memory sent over several connections (QEMU before 10.1).';
    throw conflict(
      'objective.postcopy-connections',
      message,
      'Give --connections 1, or another --on-timeout.',
    );
  }
  if (verifyDisk === true) {
    const message = 'Disks that differ could not call a guest back that has gone over in post-copy.';
    throw conflict(
      'objective.postcopy-verify',
      message,
      'Leave --verify-disk out, or give another --on-timeout.',
    );
  }
}

/** What only means something while memory is copied. */
function refuseColdConflicts({ maxDowntimeMs, onTimeout, connections, compress }: ObjectiveWish): void {
  const about: [given: boolean, code: string, option: string][] = [
    [maxDowntimeMs !== undefined, 'objective.cold-downtime', '--max-downtime'],
    [onTimeout === 'pause' || onTimeout === 'postcopy', 'objective.cold-pause', `--on-timeout ${onTimeout}`],
    [connections !== undefined && connections !== 'auto', 'objective.cold-connections', '--connections'],
    [compress === 'zstd', 'objective.cold-compress', '--compress'],
  ];
  const [first] = about.filter(([given]) => given);
  if (first === undefined) return;
  const [, code, option] = first;
  const message = `With --mode cold the guest is shut down while its disks go over, so ${option} means nothing.`;
  throw conflict(code, message, `Leave ${option} out, or use --mode live.`);
}

/** @throws BlanketError, kind `usage` */
export function objectiveFor(wish: ObjectiveWish, ofGuest: ObjectiveWish = {}): Objective {
  const objective = objectiveSchema.parse({ ...ofGuest, ...wish });
  refuseConflicts(wish, objective);
  refuseWithPostCopy(objective);
  return objective;
}

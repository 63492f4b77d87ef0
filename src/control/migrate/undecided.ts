/** A guest of which a migration has not decided where it runs is left to that migration. */
import { BlanketError } from '../../wire/errors.ts';
import { undecidedMigrations } from '../network/journeys.ts';
import type { Store } from '../store/store.ts';

/**
 * For what would let it run. A guest that needs attention for another reason, e.g. since it was paused or undefined by hand,
 * is not refused: to start it is how a person ends that.
 * @throws BlanketError `guest.undecided`, kind `conflict`
 */
export function refuseUndecided(store: Pick<Store, 'guests' | 'operations'>, guest: string): void {
  const migration = undecidedMigrations(store).find(({ subject }) => subject === `guest/${guest}`);
  if (migration === undefined) return;
  const { id } = migration;
  throw new BlanketError(
    'guest.undecided',
    `It is not known on which host ${guest} runs: its migration ${id} needs attention.`,
    {
      kind: 'conflict',
      next: `\`blanket op resume ${id}\` asks both hosts and decides; what it then leaves on a host, \`blanket op cleanup ${id}\` removes.`,
      data: { guest, operation: id },
    },
  );
}

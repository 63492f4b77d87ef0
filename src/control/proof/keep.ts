/** Signs the record of a migration that is done, and keeps it with its operation. */
import type { Problem } from '../../wire/errors.ts';
import type { MigrationResult, Operation } from '../../wire/resources.ts';
import type { MigrateState } from '../migrate/state.ts';
import type { Services } from '../services.ts';
import { moveOf } from './move.ts';
import { signMove } from './sign.ts';
import { signingKey } from './signing-key.ts';

/**
 * A guest that has arrived has arrived, signed for or not: what goes wrong here becomes a warning of the result, and not its end.
 */
export function keepProof(
  { store, paths, log }: Pick<Services, 'store' | 'paths' | 'log'>,
  state: MigrateState,
  operation: Operation,
  result: MigrationResult,
): Problem[] {
  try {
    const [guest, source, destination] = [
      store.guests.get(state.guest),
      store.hosts.get(state.source),
      store.hosts.get(state.destination),
    ];
    const move = moveOf({ state, operation, result, guest, source, destination });
    store.operations.update(operation.id, { proof: signMove(move, signingKey(paths.state)) });
    return [];
  } catch (error) {
    log.error({ operation: operation.id, err: error }, 'the record of a move was not signed');
    const why = error instanceof Error ? error.message : String(error);
    const message = `${state.guest} has gone over, but its record could not be signed: ${why}.`;
    const next = `See whether ${paths.state}/proof can be read and written.`;
    return [{ code: 'proof.not-signed', kind: 'failed', message, next }];
  }
}

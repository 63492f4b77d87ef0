/** The signed records of moves, and the key they are signed with. */
import { keyIdOf } from '../../wire/dsse.ts';
import { BlanketError } from '../../wire/errors.ts';
import { publicPem, signingKey } from '../proof/signing-key.ts';
import type { Services } from '../services.ts';
import type { OperationRecord } from '../store/records.ts';
import type { Handlers } from './handlers.ts';

export const proofHandlers = ({ store, paths }: Services): Handlers<'op.proof' | 'proof.key'> => ({
  'op.proof': ({ params: { id } }) => {
    const operation = store.operations.get(id);
    if (operation.proof !== undefined) return operation.proof;
    throw new BlanketError('proof.none', `${id} has no signed record: ${whyNot(operation)}.`, {
      kind: 'not-found',
      data: { operation: id, state: operation.state },
    });
  },
  'proof.key': () => {
    const { publicKey } = signingKey(paths.state);
    return { keyId: keyIdOf(publicKey), publicKey: publicPem(publicKey) };
  },
});

function whyNot({ kind, state }: OperationRecord): string {
  if (kind !== 'guest.migrate') return `it is a ${kind}, and only migrations have one`;
  if (state === 'running') return 'it is still under way';
  if (state !== 'done') return `it ended as ${state}, and the guest did not go over`;
  return 'none was made when it ended';
}

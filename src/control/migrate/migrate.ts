/**
 * Live migration: libvirt's version-3 protocol, conducted by control through the two agents.
 *
 *   source                     control                    destination
 *     | <-------- begin --------- | (prepare)                  |
 *     |                           | -------- prepare --------> | overlay made, QEMU waits
 *     | <------- perform -------- | (copy)                     |
 *     | ============ disk and memory, QEMU to QEMU in the tunnel ==> |
 *     | paused                    | -------- finish ---------> | runs        <- the point of no return
 *     | <------- confirm -------- |                            |
 *     | gone                      | (clean)                    |
 *
 * Until finish is sent everything can be undone, and the guest goes on at the source. From then on the flow only
 * goes forward: whether the guest runs at the destination is asked there until it answers, and only a clear
 * "it does not" lets the source go on. No second copy is ever started on a guess. In post-copy the source's word that it has
 * switched is the point of no return already (`switched` in the state; docs/decisions/post-copy.md).
 */
import type { Definition } from '../operations/operations.ts';
import { keepProof } from '../proof/keep.ts';
import type { Services } from '../services.ts';
import { admit } from './admit.ts';
import { clean } from './clean.ts';
import { confirmCold } from './cold/confirm-cold.ts';
import { copyCold } from './cold/copy-cold.ts';
import { cutoverCold } from './cold/cutover-cold.ts';
import { orCold, restingState } from './cold/is-cold.ts';
import { prepareCold } from './cold/prepare-cold.ts';
import { confirm } from './confirm.ts';
import { copy } from './copy.ts';
import { cutover } from './cutover.ts';
import { tryKeepHistory } from './history.ts';
import { plan } from './plan-phase.ts';
import { prepare } from './prepare.ts';
import { resultOf } from './report.ts';
import type { MigrateState } from './state.ts';

export const migrateFlow = (services: Services): Definition<MigrateState> => ({
  kind: 'guest.migrate',
  phases: [
    plan(services),
    admit(services),
    orCold(prepare(services), prepareCold(services)),
    orCold(copy(services), copyCold(services)),
    orCold(cutover(services), cutoverCold(services)),
    orCold(confirm(services), confirmCold(services)),
    clean(services),
  ],
  afterRestart: 'resume',
  pastReturn: ({ switched }) => switched === true,
  undoneState: 'rolled-back',
  // a person was told to stop what cannot go on, and may have started it anew at the destination, where it lives
  resumesAfter: ({ broken }) => (broken === true ? ['guest.stop', 'guest.start'] : []),
  end(state, outcome, operation) {
    // what was undone has got its state back from admit's undo
    const settled = { done: restingState(state), attention: 'attention', undone: undefined } as const;
    const now = settled[outcome.state];
    if (now !== undefined) services.store.guests.update(state.guest, { state: now });
    const result = resultOf(state, operation);
    if (outcome.state !== 'done') return result;
    tryKeepHistory(services, state, operation, result);
    const unsigned = keepProof(services, state, operation, result);
    return unsigned.length === 0
      ? result
      : { ...result, warnings: [...(result.warnings ?? []), ...unsigned] };
  },
});

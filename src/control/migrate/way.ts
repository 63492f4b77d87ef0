/** How a guest's memory is to be copied: what was asked for, and what the plan chose of the rest. */
import type { CopyChoice } from '../../wire/copy-choice.ts';
import type { CopyWay } from '../../wire/copy-way.ts';
import type { Objective } from '../../wire/objective.ts';

/** A person allows the guest to go over before its memory, should the time be over. */
export const mayRunAhead = ({
  mode,
  onTimeout,
  maxTotalMs,
}: Pick<Objective, 'mode' | 'onTimeout' | 'maxTotalMs'>): boolean =>
  onTimeout === 'postcopy' && maxTotalMs !== undefined && mode !== 'suspend' && mode !== 'cold';

/** A guest that cannot go live is blocked by its plan also with `auto`: to stand still for so long is for a person to decide. */
export function wayFor(
  objective: Objective,
  { connections, compression }: Pick<CopyChoice, 'connections' | 'compression'>,
): CopyWay {
  const suspended = objective.mode === 'suspend';
  const autoConverge = objective.autoConverge && !suspended;
  return {
    suspended,
    autoConverge,
    connections,
    compression,
    ...(mayRunAhead(objective) && { postcopy: true }),
  };
}

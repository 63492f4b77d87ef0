/** How a guest's memory is to be copied: what was asked for, and what the plan chose of the rest. */
import type { CopyChoice } from '../../wire/copy-choice.ts';
import type { CopyWay } from '../../wire/copy-way.ts';
import type { Objective } from '../../wire/objective.ts';

/** A guest that cannot go live is blocked by its plan also with `auto`: to stand still for so long is for a person to decide. */
export function wayFor(
  { mode, autoConverge }: Objective,
  { connections, compression }: Pick<CopyChoice, 'connections' | 'compression'>,
): CopyWay {
  const suspended = mode === 'suspend';
  return { suspended, autoConverge: autoConverge && !suspended, connections, compression };
}

/** How a guest's memory is to be copied. */
import type { CopyWay } from '../../wire/copy-way.ts';
import type { Objective } from '../../wire/objective.ts';

/** A guest that cannot go live is blocked by its plan also with `auto`: to stand still for so long is for a person to decide. */
export function wayFor({ mode, autoConverge, connections, ...objective }: Objective): CopyWay {
  const suspended = mode === 'suspend';
  const { onTimeout, maxTotalMs } = objective;
  const postcopy = onTimeout === 'postcopy' && maxTotalMs !== undefined && !suspended;
  return { suspended, autoConverge: autoConverge && !suspended, connections, ...(postcopy && { postcopy }) };
}

/** Whether a guest may go ahead of its memory, when a person has asked for that. */
import type { DestinationSurvey } from '../../../wire/methods/plan.ts';
import type { Finding } from '../../../wire/migration-plan.ts';
import type { Objective } from '../../../wire/objective.ts';
import { mayRunAhead } from '../way.ts';
import { blocker } from './finding.ts';

/** @param survey `null`: the destination does not tell; then nothing is begun that could end in post-copy. */
export function postCopyFindings(
  objective: Objective,
  host: string,
  survey: Pick<DestinationSurvey, 'postcopy'> | null,
): Finding[] {
  if (!mayRunAhead(objective) || survey?.postcopy === true) return [];
  const message =
    survey?.postcopy === false
      ? `${host} does not let a guest fetch its memory page by page (vm.unprivileged_userfaultfd is not 1), as post-copy needs.`
      : `${host} does not tell whether a guest may fetch its memory page by page, as post-copy needs.`;
  const next =
    'Its driver sets vm.unprivileged_userfaultfd=1 when the agent starts: bring the agent up to date or restart it, or choose another --on-timeout.';
  return [blocker('migrate.no-postcopy', message, next, { host })];
}

/** The phase that only asks. What it finds and lets pass is told with the result. */
import type { Problem } from '../../wire/errors.ts';
import { problemOf, refuseBlocked } from './findings/finding.ts';
import { makePlan } from './make-plan.ts';
import type { Make } from './state.ts';
import { wayFor } from './way.ts';

/** Nothing to undo: nothing is touched. */
export const plan: Make = (services) => ({
  name: 'plan',
  async do({ state: { guest, destination, objective, warnings: known = [] }, save }) {
    const made = await makePlan(services, { guest, destination, objective });
    refuseBlocked(made.findings);
    const found: Problem[] = made.findings.map(problemOf);
    const warnings = [...known, ...found.filter(({ code }) => known.every((one) => one.code !== code))];
    const planned = { readings: made.readings, prediction: made.prediction };
    save({ warnings, planned, way: wayFor(objective) });
  },
});

/** The phase that only asks. What it finds and lets pass is told with the result. */
import { plainWay } from '../../wire/copy-way.ts';
import type { Problem } from '../../wire/errors.ts';
import { problemOf, refuseBlocked } from './findings/finding.ts';
import { readGuestClock } from './guest-clock.ts';
import { makePlan } from './make-plan.ts';
import type { Make } from './state.ts';
import { wayFor } from './way.ts';

/** Nothing to undo: nothing is touched. */
export const plan: Make = (services) => ({
  name: 'plan',
  async do({ state: { guest, source, destination, objective, warnings: known = [] }, save }) {
    const [made, clockBefore] = await Promise.all([
      makePlan(services, { guest, destination, objective }),
      readGuestClock(services, source, guest),
    ]);
    refuseBlocked(made.findings);
    const found: Problem[] = made.findings.map(problemOf);
    const warnings = [...known, ...found.filter(({ code }) => known.every((one) => one.code !== code))];
    const planned = { readings: made.readings, prediction: made.prediction, choice: made.choice };
    save({ warnings, planned, clockBefore, way: wayFor(objective, made.choice ?? plainWay) });
  },
});

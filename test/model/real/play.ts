/** What the files that play whole migrations share: a ground for all of a file's tests, and what a plan of faults broke on it. */
import test from 'ava';
import type { Fault } from './faults.ts';
import { type Ground, leaveGround, makeGround } from './ground.ts';
import { migrate } from './run.ts';
import type { Way } from './ways.ts';

/** Every point with every fault, and many plans of several. */
export const long = process.env.MODEL === 'long';
/** A run gives itself up (`patience.ts`); this only keeps ava, which knows the clock alone, from doing so before. */
export const waitMs = 3_600_000;

let ground: Ground;
const say = process.stderr.write;
test.before(async () => {
  ground = await makeGround();
  process.stderr.write = () => true; // the agents' logs
});
test.after.always(() => {
  process.stderr.write = say;
  leaveGround(ground);
});

/** On the ground of this file. */
export const play = (plan: readonly Fault[], way?: Way) => migrate(ground, plan, way);

/** What a plan broke, with all that happened. */
export async function brokenBy(plan: readonly Fault[], way?: Way): Promise<string[]> {
  const { broken, trace, state } = await play(plan, way);
  if (broken.length === 0) return [];
  const faults = plan.map(({ point, kind }) => `${point} ${kind}`).join(', ');
  return [`${way ?? 'live'}: ${faults} (${state}): ${broken.join('; ')}`, ...trace];
}

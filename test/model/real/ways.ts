/** How a guest goes in a run: while it runs, or shut down first, or stopped as it is. */
import { objectiveSchema } from '../../../src/wire/objective.ts';
import type { Machine } from './machine.ts';
import { run, type World } from './world.ts';

export type Way = 'live' | 'cold' | 'stopped';

/** As it is before, and is to be afterwards. */
export const restOf = (way: Way): 'running' | 'stopped' => (way === 'stopped' ? 'stopped' : 'running');

/** What control journals of it when it is admitted. */
export const wishOf = (way: Way) => ({
  objective: objectiveSchema.parse(way === 'live' ? {} : { mode: 'cold' }),
  ...(way !== 'live' && { cold: { wasRunning: way === 'cold' } }),
});

export function settle(world: World, machine: Machine, way: Way): void {
  machine.defined = true;
  if (way === 'stopped') machine.guest = 'stopped';
  else run(world, machine);
}

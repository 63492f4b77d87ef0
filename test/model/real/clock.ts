/**
 * The time of the code under test: a pause lasts a millisecond at most, and the clock is moved by hand, so that patience of ten
 * minutes ends when a run says so. Imported before everything else: what is bound to a timer later is bound to these.
 */
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';

const realSleep = timers.setTimeout;
const realNow = Date.now;
let ahead = 0;

timers.setTimeout = (ms, value, options) => realSleep(Math.min(ms ?? 0, 1), value, options);
syncBuiltinESMExports();
Date.now = () => realNow() + ahead;

export const moveClock = (ms: number): void => {
  ahead += ms;
};

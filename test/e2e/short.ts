/** What is left out where time is short: `.ci/run` may be ended after 90 minutes, whatever it has found by then. */
import test from 'ava';

const isShort = process.env.BLANKET_SHORT === '1';

/** @param what a name for what `play` declares, for the line that says that it was left out. */
export function unlessShort(what: string, play: () => void): void {
  if (isShort)
    test.serial.skip(`${what}: left out with BLANKET_SHORT=1; \`make test\` plays it`, (t) => t.pass());
  else play();
}

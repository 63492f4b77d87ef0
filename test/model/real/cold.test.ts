/**
 * As real.test.ts, with a guest that is shut down, copied and started, and with one that is stopped all the time: the same promises,
 * and what was stopped stays stopped. The disk files go over through real sockets.
 */
import test from 'ava';
import fc from 'fast-check';
import { faultKinds } from './faults.ts';
import { brokenBy, long, play, waitMs } from './play.ts';
import type { Way } from './ways.ts';

/** Points of one migration in which nothing goes wrong, and some for what is done again. */
const lastPoint = 66;
const stride = long ? 1 : 22;

for (const way of ['cold', 'stopped'] as const) {
  test.serial(`${way}: nothing goes wrong`, async (t) => {
    const { state, broken } = await play([], way);
    t.is(state, 'done');
    t.deepEqual(broken, []);
  });
}

for (const [index, kind] of faultKinds.entries()) {
  test.serial(`${kind}, at any point`, async (t) => {
    t.timeout(waitMs);
    for (let point = (index * 5) % stride; point < lastPoint; point += stride) {
      for (const way of long ? (['cold', 'stopped'] as const) : (['cold'] as const)) {
        t.deepEqual(await brokenBy([{ point, kind }], way), []);
      }
    }
  });
}

test.serial('several faults', async (t) => {
  t.timeout(waitMs);
  const fault = fc.record({ point: fc.nat(lastPoint + 20), kind: fc.constantFrom(...faultKinds) });
  const plans = fc.array(fault, { minLength: 2, maxLength: 4 });
  const ways = fc.constantFrom<Way>('cold', 'stopped');
  const property = fc.asyncProperty(plans, ways, async (plan, way) => {
    const found = await brokenBy(plan, way);
    if (found.length > 0) throw new Error(found.join('\n'));
  });
  // The short form is the same each time; the long one draws anew, and tells its seed when it fails.
  await t.notThrowsAsync(
    fc.assert(property, long ? { numRuns: 300 } : { numRuns: 6, seed: 6, endOnFailure: true }),
  );
});

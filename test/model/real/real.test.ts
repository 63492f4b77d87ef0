/**
 * The real flow of control and the real code of both agents, over a simulated libvirt, with faults at every point at which
 * something is asked or done (docs/decisions/migration-model.md). After each run everything is healed and taken up again:
 * the guest runs once, with all its writes, nothing is left over, and it can be migrated on.
 *
 * MODEL=long goes through every point with every fault, and draws many plans of several; it takes some minutes.
 */
import test from 'ava';
import fc from 'fast-check';
import { type Fault, faultKinds } from './faults.ts';
import { brokenBy, long, play, waitMs } from './play.ts';

/** Points of one migration in which nothing goes wrong, and some for what is done again. */
const lastPoint = 60;
const stride = long ? 1 : 15;

test.serial('nothing goes wrong', async (t) => {
  const { state, broken } = await play([]);
  t.is(state, 'done');
  t.deepEqual(broken, []);
});

for (const [index, kind] of faultKinds.entries()) {
  test.serial(`${kind}, at any point`, async (t) => {
    t.timeout(waitMs);
    for (let point = (index * 4) % stride; point < lastPoint; point += stride) {
      t.deepEqual(await brokenBy([{ point, kind }]), []);
    }
  });
}

test.serial(
  'a late keep of an undone migration does not wake the guest during the next cutover',
  async (t) => {
    const plan: Fault[] = [
      { point: 6, kind: 'host b stays away' },
      { point: 15, kind: 'the message comes late' },
    ];
    t.deepEqual(await brokenBy(plan), []);
  },
);

test.serial('several faults', async (t) => {
  t.timeout(waitMs);
  const fault = fc.record({ point: fc.nat(lastPoint + 20), kind: fc.constantFrom(...faultKinds) });
  const plans = fc.array(fault, { minLength: 2, maxLength: 4 });
  const property = fc.asyncProperty(plans, async (plan) => {
    const found = await brokenBy(plan);
    if (found.length > 0) throw new Error(found.join('\n'));
  });
  // The short form is the same each time; the long one draws anew, and tells its seed when it fails.
  await t.notThrowsAsync(
    fc.assert(property, long ? { numRuns: 500 } : { numRuns: 10, seed: 6, endOnFailure: true }),
  );
});

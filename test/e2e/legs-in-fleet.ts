/** One guest goes ten legs, over every ordered pair of hosts, on one connection. */
import anyTest, { type TestFn } from 'ava';
import { migrate, whileObserved } from '../../infra/demo/migration.ts';
import { circuit, type Leg } from '../../infra/matrix/circuit.ts';
import type { Fleet } from './fleet.ts';

const test = anyTest as TestFn<Fleet>;
const legs = 10;
const never = new AbortController().signal;

/** Each pair once, then between the first two, back to the first. */
function wayOf(hosts: readonly string[]): Leg[] {
  const there = circuit(hosts.slice(0, 2));
  const way = circuit(hosts);
  while (way.length < legs) way.push(...there);
  return way;
}

/** @param hosts the one with the guest first. @param isHome it runs there and not on the second, and has lost nothing. */
export function playLegs(
  current: () => Fleet,
  isHome: (fleet: Fleet) => Promise<boolean>,
  hosts: readonly string[],
): void {
  test.serial(
    `${legs} legs through every ordered pair of ${hosts.length} hosts: one boot, one connection, an unbroken count`,
    async (t) => {
      const fleet = current();
      const way = wayOf(hosts);
      t.is(way.length, legs);
      const { result, observation } = await whileObserved(fleet.address, never, async () => {
        const reports = [];
        for (const { to } of way) reports.push(await migrate(fleet.seat, to));
        return reports;
      });
      t.log(`longest gap ${observation.gapMs} ms, ${observation.replies} answers`);
      for (const [i, { downtimeMs, totalMs, memoryBytes, diskBytes }] of result.entries()) {
        const pair = `${way[i]?.from} to ${way[i]?.to}`;
        t.log(
          `${pair}: downtime ${downtimeMs} ms, total ${totalMs} ms, memory ${memoryBytes}, disk ${diskBytes}`,
        );
      }
      t.deepEqual(observation.faults, []);
      t.is(observation.first.bootId, observation.last.bootId);
      t.true(result.every(({ state, downtimeMs }) => state === 'done' && downtimeMs !== null));
      t.true(await isHome(fleet));
    },
  );
}

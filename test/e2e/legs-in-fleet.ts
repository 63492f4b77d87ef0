/** One guest goes over every ordered pair of hosts and back to the first, on one connection. */
import anyTest, { type TestFn } from 'ava';
import { migrate, whileObserved } from '../../infra/demo/migration.ts';
import { circuit } from '../../infra/matrix/circuit.ts';
import type { Fleet } from './fleet.ts';

const test = anyTest as TestFn<Fleet>;
const never = new AbortController().signal;

/** @param hosts the one with the guest first. @param isHome it runs there and not on the second, and has lost nothing. */
export function playLegs(
  current: () => Fleet,
  isHome: (fleet: Fleet) => Promise<boolean>,
  hosts: readonly string[],
): void {
  const way = circuit(hosts);
  test.serial(
    `${way.length} legs through every ordered pair of ${hosts.length} hosts: one boot, one connection, an unbroken count`,
    async (t) => {
      const fleet = current();
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

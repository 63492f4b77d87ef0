/** The fleet. */
import { engineSchema } from '../../wire/names.ts';
import { membersOf, tryNoteCpu } from '../fleet/known-cpus.ts';
import { changePolicy, readPolicy } from '../fleet/policy.ts';
import { baselineReport } from '../fleet/report.ts';
import type { Services } from '../services.ts';
import type { HostRecord } from '../store/records.ts';
import type { Handlers } from './handlers.ts';

type Names = 'fleet.baseline' | 'fleet.policy' | 'fleet.policy.set';

/** Asks all hosts that are ready; gives the names of those that answered. The others are told by what they said last. */
async function askAll(services: Services, hosts: readonly HostRecord[]): Promise<Set<string>> {
  const ready = hosts.filter(({ state }) => state === 'ready');
  const answers = await Promise.all(
    ready.map(async ({ name }) => ((await tryNoteCpu(services, name)) ? [name] : [])),
  );
  return new Set(answers.flat());
}

export const fleetHandlers = (services: Services): Handlers<Names> => ({
  async 'fleet.baseline'({ query: { engine } }) {
    const engines = engine === undefined ? engineSchema.options : [engine];
    const asked = await askAll(
      services,
      engines.flatMap((one) => membersOf(services.store, one)),
    );
    return engines.flatMap((one) => {
      const hosts = membersOf(services.store, one);
      return hosts.length === 0 ? [] : [baselineReport(one, hosts, asked)];
    });
  },
  'fleet.policy': () => readPolicy(services.store),
  'fleet.policy.set': ({ body }) => changePolicy(services.store, body),
});

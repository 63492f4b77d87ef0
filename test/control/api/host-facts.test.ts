import test from 'ava';
import { detectDriver } from '../../../src/blanket-drivers/detect.ts';
import { hostHandlers } from '../../../src/control/api/host-handlers.ts';
import type { Services } from '../../../src/control/services.ts';
import { hostFactsSchema } from '../../../src/wire/host-facts.ts';
import { recordedAs } from '../../blanket-drivers/machines.ts';

const { facts } = recordedAs('vmware-esxi-bios');

/** Asks for the facts of a host in this state, and keeps what its agent was asked. */
function ask(host: object, readings: unknown = facts) {
  const asked: [method: string, params: unknown][] = [];
  const agents = {
    async call(_host: string, method: string, params: { override?: string }) {
      asked.push([method, params]);
      return method === 'facts.read' ? readings : { ...detectDriver(facts, params.override), plan: [] };
    },
  };
  const record = { name: 'h1', state: 'ready', engine: 'kvm', ssh: {}, driverOverride: null, ...host };
  const services = { store: { hosts: { get: () => record } }, agents } as unknown as Services;
  const answer = hostHandlers(services)['host.facts']({ params: { name: 'h1' }, query: {}, body: {} });
  return { asked, answer };
}

test('readings and what the drivers make of them, as the contract has it', async (t) => {
  const { asked, answer } = ask({});
  t.deepEqual(hostFactsSchema.parse(await answer), { facts, ...detectDriver(facts), plan: [] });
  t.deepEqual(asked, [
    ['facts.read', {}],
    ['driver.detect', {}],
  ]);
});

test("the user's choice of driver is told, as it was when the host was provisioned", async (t) => {
  const { asked, answer } = ask({ driverOverride: 'generic' });
  t.is((await answer).chosen, 'generic');
  t.deepEqual(asked[1], ['driver.detect', { override: 'generic' }]);
});

test('an agent from before there were readings of buses and clocks is understood', async (t) => {
  const { vmbus, xenbus, ptp, consoles, ...old } = facts;
  const { facts: filled } = await ask({}, old).answer;
  t.deepEqual([filled.vmbus, filled.xenbus, filled.ptp, filled.consoles], [[], [], [], []]);
  t.true([vmbus, xenbus, ptp, consoles].every(Array.isArray));
});

test('a host that no engine works on shows its facts, one that is being made does not', async (t) => {
  t.is((await ask({ state: 'failed', engine: null }).answer).chosen, 'vmware');
  for (const ssh of [null, {}]) {
    const made = ask({ state: 'provisioning', engine: null, ssh });
    await t.throwsAsync(async () => made.answer, { code: 'host.not-ready' });
    t.deepEqual(made.asked, []);
  }
});

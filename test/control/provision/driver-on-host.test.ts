/** What control makes of a host's driver and of what its cloud announces, against a pretended agent and a real store. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { pino } from 'pino';
import { hostView } from '../../../src/control/api/views.ts';
import { Operations } from '../../../src/control/operations/operations.ts';
import { provisionFlow } from '../../../src/control/provision/provision.ts';
import type { Services } from '../../../src/control/services.ts';
import { openStore } from '../../../src/control/store/store.ts';
import { watchHosts } from '../../../src/control/watch-hosts.ts';
import { agentMethods } from '../../../src/wire/agent-methods.ts';
import { BlanketError, type Problem } from '../../../src/wire/errors.ts';
import type { Notice } from '../../../src/wire/methods/drivers.ts';
import { hostRecord } from '../host-record.ts';

type Answers = Record<string, () => unknown>;

function rig(t: ExecutionContext, answers: Answers) {
  const directory = mkdtempSync(join(tmpdir(), 'blanket-driver-on-host-'));
  const store = openStore(join(directory, 'control.db'));
  t.teardown(() => {
    store.close();
    rmSync(directory, { recursive: true });
  });
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const agents = {
    call: async (_host: string, method: string) => answers[method]?.(),
  } as unknown as Services['agents'];
  const key = { privateKey: '', publicKey: '', file: '' };
  const operations = new Operations(store, log);
  store.hosts.insert(hostRecord('a1', 1, { cloud: 'alpha', engine: null, subnets: [] }));
  const services: Services = { store, operations, agents, key, paths: { state: directory }, log };
  return { services, store, lines };
}

async function watchOnce(services: Services): Promise<void> {
  const stop = new AbortController();
  const watching = watchHosts(services, stop.signal);
  await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  await watching;
}

test('an announcement is kept, shown, logged once, and goes when the cloud takes it back', async (t) => {
  const notice: Notice = { kind: 'reclaim', detail: 'AWS takes it back', at: '2026-01-02T00:00:00.000Z' };
  let notices: Notice[] = [notice];
  const machine = { kernel: '6', cpu: 'x', hypervisor: 'none' };
  const { services, store, lines } = rig(t, {
    'host.status': () => ({ guests: [], machine, notices, warnings: [] }),
  });
  t.deepEqual(hostView(store, store.hosts.get('a1')).notices, []);
  const announced = () => lines.filter(({ msg }) => msg === 'cloud announced');
  await watchOnce(services);
  await watchOnce(services);
  t.deepEqual(hostView(store, store.hosts.get('a1')).notices, [notice]);
  t.like(announced(), [{ host: 'a1', cloud: 'alpha', notices: [notice] }]);
  notices = [];
  await watchOnce(services);
  t.deepEqual(hostView(store, store.hosts.get('a1')).notices, []);
  t.is(announced().length, 2);
});

test('a warning is kept, shown, logged once, and goes when its cause is gone', async (t) => {
  const warning: Problem = {
    code: 'network.foreign-firewall',
    kind: 'attention',
    message: 'Guests are cut off.',
  };
  let warnings: Problem[] = [warning];
  const { services, store, lines } = rig(t, {
    'host.status': () => ({ guests: [], machine: null, notices: [], warnings }),
  });
  t.deepEqual(hostView(store, store.hosts.get('a1')).warnings, []);
  const warned = () => lines.filter(({ msg }) => msg === 'host warned');
  await watchOnce(services);
  await watchOnce(services);
  t.deepEqual(hostView(store, store.hosts.get('a1')).warnings, [warning]);
  t.like(warned(), [{ host: 'a1', warnings: [warning] }]);
  warnings = [];
  await watchOnce(services);
  t.deepEqual(hostView(store, store.hosts.get('a1')).warnings, []);
  t.is(warned().length, 2);
});

test('an agent from before machines and announcements were told is as well as it was', async (t) => {
  const told = {
    ...{ agent: '0.1.0', kernel: '6', node: 'v20', libvirt: '11', qemu: '10', uptimeSeconds: 1 },
    ...{ memoryTotal: 1, memoryFree: 1, diskFree: 1, guests: [] },
  };
  const answer = agentMethods['host.status'].result.parse(told);
  t.deepEqual(answer, { ...told, machine: null, notices: [], warnings: [] });
  const { services, store, lines } = rig(t, { 'host.status': () => answer });
  store.hosts.update('a1', { state: 'unreachable' });
  await watchOnce(services);
  t.like(hostView(store, store.hosts.get('a1')), { state: 'ready', notices: [] });
  t.deepEqual(services.operations.list(), []);
  t.deepEqual(
    lines.map(({ msg }) => msg),
    ['host changed'],
  );
});

async function runDriverPhase(services: Services): Promise<string[]> {
  const told: string[] = [];
  const phase = provisionFlow(services).phases.find(({ name }) => name === 'driver');
  await phase?.do({
    state: { host: 'a1', bootTimeoutMs: 1 },
    save: () => undefined,
    progress: ({ message }) => void told.push(message),
    signal: new AbortController().signal,
  });
  return told;
}

const detection = { chosen: 'aws-nitro', why: 'Found it.', verdicts: [], plan: [] };

test('a driver that holds is noted, and what the cloud refuses is told', async (t) => {
  const shims = [
    { shim: 'clock', outcome: 'set', detail: 'clock source is tsc' },
    { shim: 'nested', outcome: 'refused', detail: 'the CPU shows neither' },
  ];
  const { services, store } = rig(t, {
    'driver.detect': () => detection,
    'driver.apply': () => ({ driver: 'aws-nitro', shims }),
  });
  t.deepEqual(await runDriverPhase(services), [
    'applying aws-nitro: Found it.',
    'nested without: the CPU shows neither',
  ]);
  t.like(store.hosts.get('a1'), { driver: 'aws-nitro', driverWhy: 'Found it.' });
});

test('a driver that does not hold ends it with what failed and what to do', async (t) => {
  const reports = [{ shim: 'nic', outcome: 'failed', detail: 'ens5: its driver is e1000e, not ena' }];
  const { services, store } = rig(t, {
    'driver.detect': () => detection,
    'driver.apply': () => {
      throw new BlanketError('driver.not-verified', 'The driver aws-nitro does not hold.', {
        data: { reports },
      });
    },
  });
  const error = await t.throwsAsync(runDriverPhase(services), { instanceOf: BlanketError });
  t.like(error, { code: 'driver.not-verified', message: 'a1: The driver aws-nitro does not hold.' });
  t.deepEqual(error?.data, { reports, host: 'a1' });
  t.regex(error?.next ?? '', /--driver generic/);
  t.is(store.hosts.get('a1').driver, null);
});

/** What control does with the proof of a host's engines, against a pretended agent and a real store. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { pino } from 'pino';
import { hostView } from '../../../src/control/api/views.ts';
import { Operations } from '../../../src/control/operations/operations.ts';
import { probeEngines, probeFlow } from '../../../src/control/provision/probe.ts';
import { reprobe, whyReprobe } from '../../../src/control/provision/reprobe.ts';
import type { Services } from '../../../src/control/services.ts';
import { guestRecordSchema } from '../../../src/control/store/records.ts';
import { openStore } from '../../../src/control/store/store.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import type { EngineProbe, Machine } from '../../../src/wire/methods/engines.ts';
import { hostRecord } from '../host-record.ts';

const machine: Machine = { kernel: '6.12.1', cpu: 'AuthenticAMD EPYC, svm', hypervisor: 'KVMKVMKVM' };
const newer: Machine = { ...machine, kernel: '6.12.2' };
const kvm: EngineProbe = { engine: 'kvm', usable: true, bootMs: 900, score: 310 };
const tcg: EngineProbe = { engine: 'tcg', usable: true, bootMs: 2_600, score: 98 };
const never = new AbortController().signal;

const change = { cloud: 'alpha', driver: 'generic', driverWhy: 'x', engineWhy: 'x', engineScore: 71 };
const oldHost = hostRecord('a1', 1, change);

const guest = guestRecordSchema.parse({
  ...{ name: 'web1', uuid: '11111111-2222-4333-8444-555555555555', state: 'running', host: 'a1', image: 'i' },
  ...{ digest: `sha256:${'a'.repeat(64)}`, engine: 'kvm', vcpus: 1, memoryMiB: 128, diskBytes: 1, nics: [] },
  createdAt: '2026-01-01T00:00:00.000Z',
});

type Answer = () => Promise<unknown>;

async function rig(t: ExecutionContext, answer: Answer) {
  const directory = await mkdtemp(join(tmpdir(), 'proof-'));
  const store = openStore(join(directory, 'control.db'));
  const said: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void said.push(line) });
  const operations = new Operations(store, log);
  const agents = { call: (_: string, method: string) => (method === 'engine.probe' ? answer() : none()) };
  const services = { store, operations, agents, log } as unknown as Services;
  operations.define(probeFlow(services));
  store.hosts.insert(oldHost);
  t.teardown(async () => {
    store.close();
    await rm(directory, { recursive: true });
  });
  return { store, operations, services, said };
}

const none = () => Promise.reject(new BlanketError('agent.no-method', 'There is no such method.'));
const proven = (chosen: 'kvm' | 'tcg', on: Machine) => async () => ({
  ...{ chosen, why: `${chosen} it is.`, probes: [kvm, tcg], machine: on },
});
const noneUsable: Answer = async () => {
  const probes = [kvm, tcg].map((probe) => ({ ...probe, usable: false, reason: 'It is broken.' }));
  throw new BlanketError('engine.none-usable', 'No engine works.', { data: { probes, machine: newer } });
};

async function allEnded(operations: Operations): Promise<void> {
  for (const { id, version } of operations.list()) {
    if (operations.show(id).state === 'running') await operations.wait(id, version, 5_000);
  }
  if (operations.list().some(({ state }) => state === 'running')) await allEnded(operations);
}

test('a proof is kept with the machine it rests on, and shown', async (t) => {
  const { store, services } = await rig(t, proven('kvm', machine));
  await probeEngines(services, 'a1', never);
  const view = hostView(store, store.hosts.get('a1'));
  t.like(view, { engine: 'kvm', engineWhy: 'kvm it is.', engineScore: 310, guestsOfOtherEngine: [] });
  t.like(view.probe, { chosen: 'kvm', machine });
  t.deepEqual(view.probe?.probes, [kvm, tcg]);
});

test('another engine leaves guests as they are, names them and says so', async (t) => {
  const { store, services, said } = await rig(t, proven('tcg', newer));
  store.guests.insert(guest);
  await probeEngines(services, 'a1', never);
  const view = hostView(store, store.hosts.get('a1'));
  t.like(view, { engine: 'tcg', guestsOfOtherEngine: ['web1'] });
  t.is(store.guests.get('web1').engine, 'kvm');
  t.true(said.some((line) => line.includes('the engine of a host changed') && line.includes('web1')));
});

test('a proof that found none usable is kept too, without a score', async (t) => {
  const { store, services } = await rig(t, noneUsable);
  await t.throwsAsync(probeEngines(services, 'a1', never), { code: 'engine.none-usable' });
  const host = store.hosts.get('a1');
  t.like(host, { engine: 'kvm', engineWhy: 'No engine works.', engineScore: null });
  t.like(host.probe, { chosen: null, machine: newer });
  t.is(host.probe?.probes[0]?.reason, 'It is broken.');
});

test('any other failure leaves the proof as it was', async (t) => {
  const { store, services } = await rig(t, none);
  await t.throwsAsync(probeEngines(services, 'a1', never), { code: 'agent.no-method' });
  t.like(store.hosts.get('a1'), { engine: 'kvm', engineScore: 71, probe: null });
});

test('what changed is said', (t) => {
  const probe = { at: '', chosen: 'kvm', why: '', probes: [], machine } as const;
  const record = { probe: { ...probe, probes: [] }, probeTriedFor: null };
  t.is(whyReprobe(record, { ...machine }), undefined);
  t.is(whyReprobe(record, newer), 'kernel "6.12.1" is now "6.12.2"');
  t.regex(whyReprobe(record, { ...newer, cpu: 'Intel' }) ?? '', /kernel .*, cpu .* is now "Intel"/);
  t.regex(whyReprobe({ ...record, probe: null }, machine) ?? '', /no proof/);
  t.is(whyReprobe({ ...record, probeTriedFor: newer }, newer), undefined);
});

test('another machine is proven once, and not again while it stays', async (t) => {
  const { store, operations, services, said } = await rig(t, proven('kvm', newer));
  for (let round = 0; round < 3; round += 1) {
    reprobe(services, 'a1', newer);
    await allEnded(operations);
  }
  t.is(operations.list().length, 1);
  t.deepEqual(store.hosts.get('a1').probe?.machine, newer);
  t.true(said.some((line) => line.includes('proving the engines again') && line.includes('no proof')));
});

for (const [name, answer] of [
  ['finds none usable', noneUsable],
  ['cannot be made', none],
] as const) {
  test(`a proof that ${name} is not tried again for the same machine`, async (t) => {
    const { operations, services } = await rig(t, answer);
    for (let round = 0; round < 3; round += 1) {
      reprobe(services, 'a1', newer);
      await allEnded(operations);
    }
    t.deepEqual(
      operations.list().map(({ state }) => state),
      ['failed'],
    );
    reprobe(services, 'a1', { ...newer, cpu: 'GenuineIntel Xeon, vmx' });
    await allEnded(operations);
    t.is(operations.list().length, 2);
  });
}

test('a proof that only lost its host is tried again, but not for ever', async (t) => {
  let asked = 0;
  const { operations, services } = await rig(t, () => {
    asked += 1;
    return Promise.reject(new BlanketError('agent.lost', 'The connection ended.'));
  });
  for (let round = 0; round < 4; round += 1) {
    reprobe(services, 'a1', newer);
    await allEnded(operations);
  }
  t.is(asked, 2);
});

test('a proof that the end of control cut off is made again', async (t) => {
  const { store, operations, services } = await rig(t, () => new Promise(() => undefined));
  reprobe(services, 'a1', newer);
  t.deepEqual(store.hosts.get('a1').probeTriedFor, newer);
  const next = new Operations(store, services.log);
  next.define(probeFlow({ ...services, operations: next }));
  next.recoverAll();
  await allEnded(next);
  t.is(operations.list()[0]?.problem?.code, 'operation.interrupted');
  t.is(store.hosts.get('a1').probeTriedFor, null);
});

test('a host that something works with, or that is not ready, is left alone', async (t) => {
  const { store, operations, services } = await rig(t, proven('kvm', newer));
  const gate = Promise.withResolvers<void>();
  const phases = [{ name: 'work', do: () => gate.promise }];
  operations.define({ kind: 'guest.migrate', phases, afterRestart: 'undo', undoneState: 'failed' });
  operations.start('guest.migrate', 'guest/web1', { source: 'a1' });
  reprobe(services, 'a1', newer);
  t.is(operations.list().length, 1);
  gate.resolve();
  await allEnded(operations);
  store.hosts.update('a1', { state: 'unreachable' });
  reprobe(services, 'a1', newer);
  t.is(operations.list().length, 1);
  store.hosts.update('a1', { state: 'ready' });
  reprobe(services, 'a1', newer);
  t.is(operations.list().length, 2);
  await allEnded(operations);
});

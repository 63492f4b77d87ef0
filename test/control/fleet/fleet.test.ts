/** The fleet through control's handlers: what is asked, kept, warned about and refused. */
import test from 'ava';
import { openStore } from '../../../src/control/store/store.ts';
import { portableCpu } from '../../../src/wire/cpu.ts';
import type { BlanketError } from '../../../src/wire/errors.ts';
import { hostRecord } from '../host-record.ts';
import { cpu } from './hosts.ts';
import { ended, guestRecord, type Rig, rig } from './rig.ts';

const base = portableCpu([]).features.join(' ');
const strong = cpu(`${base} avx avx2 svm npt`);
const weak = cpu(`${base} avx svm`);

const baseline = ({ fleet }: Rig) => fleet['fleet.baseline']({ params: {}, query: {}, body: {} });
const setPolicy = ({ fleet }: Rig, body: { cpu?: 'refuse' | 'warn'; cpuMissing?: 'refuse' | 'warn' }) =>
  fleet['fleet.policy.set']({ params: {}, query: {}, body });

function twoHosts(r: Rig): void {
  r.store.hosts.insert(hostRecord('alpha1', 1, { cpu: { ...strong, engine: 'kvm' } }));
  r.store.hosts.insert(hostRecord('beta1', 2, { cpu: { ...weak, engine: 'kvm' } }));
}

test('the baseline names what each host costs, and who could not be asked', async (t) => {
  const r = rig(t, { alpha1: strong, beta1: weak });
  r.store.hosts.insert(hostRecord('alpha1', 1));
  r.store.hosts.insert(hostRecord('beta1', 2));
  r.store.hosts.insert(hostRecord('gone1', 3, { state: 'unreachable', cpu: { ...strong, engine: 'kvm' } }));
  r.store.hosts.insert(hostRecord('never1', 4, { state: 'unreachable' }));
  r.store.hosts.insert(hostRecord('made1', 5, { state: 'provisioning', engine: null }));
  const [kvm, ...others] = await baseline(r);
  t.deepEqual(others, []);
  t.like(kvm, { engine: 'kvm', model: 'EPYC', vendor: 'AMD', nested: ['svm'], unknown: ['never1'] });
  t.true(kvm?.features.includes('avx'));
  t.false(kvm?.features.includes('avx2') || kvm?.features.includes('svm'));
  const hosts = kvm?.hosts.map(({ host, asked, costs, beyond }) => ({ host, asked, costs, beyond }));
  t.deepEqual(hosts, [
    { host: 'alpha1', asked: true, costs: [], beyond: ['avx2', 'npt'] },
    { host: 'beta1', asked: true, costs: ['avx2', 'npt'], beyond: [] },
    { host: 'gone1', asked: false, costs: [], beyond: ['avx2', 'npt'] },
  ]);
  t.deepEqual(r.store.hosts.get('beta1').cpu, { ...weak, engine: 'kvm' }); // kept for when it cannot be asked
});

test('a CPU that was read for another engine is not taken for this one', async (t) => {
  const r = rig(t, {});
  r.store.hosts.insert(hostRecord('alpha1', 1, { engine: 'tcg', cpu: { ...strong, engine: 'kvm' } }));
  t.like(await baseline(r), [{ engine: 'tcg', hosts: [], unknown: ['alpha1'] }]);
});

test('the policy is kept, each part by itself', (t) => {
  const r = rig(t, {});
  const read = () => r.fleet['fleet.policy']({ params: {}, query: {}, body: {} });
  t.deepEqual(read(), { cpu: 'warn', cpuMissing: 'refuse' });
  t.deepEqual(setPolicy(r, { cpu: 'refuse' }), { cpu: 'refuse', cpuMissing: 'refuse' });
  setPolicy(r, { cpuMissing: 'warn' });
  t.deepEqual(read(), { cpu: 'refuse', cpuMissing: 'warn' });
});

test('a guest keeps the CPU it was made with, and a baseline that changes later changes nothing', async (t) => {
  const r = rig(t, { alpha1: strong });
  r.store.hosts.insert(hostRecord('alpha1', 1)); // enrolled before CPUs were kept: asked now
  const made = await ended(r, await r.create({ name: 'web1', host: 'alpha1', cpu: 'baseline' }));
  t.is(made.state, 'done');
  t.deepEqual(made.result, { guest: 'web1', host: 'alpha1' });
  const { cpu: pinned } = r.store.guests.get('web1');
  t.true(pinned?.features.includes('avx2'));
  r.store.hosts.insert(hostRecord('beta1', 2, { cpu: { ...weak, engine: 'kvm' } }));
  await baseline(r);
  t.deepEqual(r.store.guests.get('web1').cpu, pinned);
});

test('a guest wider than the baseline is warned about, or refused as set', async (t) => {
  const r = rig(t, { alpha1: strong, beta1: weak });
  twoHosts(r);
  const warned = await ended(r, await r.create({ name: 'web1', host: 'alpha1', cpu: 'host' }));
  t.is(warned.state, 'done');
  t.like(warned.result, { warnings: [{ code: 'guest.cpu-too-wide', kind: 'blocked' }] });
  setPolicy(r, { cpu: 'refuse' });
  const refusal = { code: 'guest.cpu-too-wide', message: /beta1 cannot show avx2/ };
  await t.throwsAsync(async () => r.create({ name: 'web2', host: 'alpha1', cpu: 'host' }), refusal);
  t.is(r.store.guests.find('web2'), undefined);
  t.throws(() => r.start('web1'), refusal);
  const narrow = await ended(r, await r.create({ name: 'web3', host: 'alpha1', cpu: 'baseline' }));
  t.deepEqual(narrow.result, { guest: 'web3', host: 'alpha1' });
});

test('a migration to a host that lacks features is refused before it begins', async (t) => {
  const r = rig(t, { alpha1: strong, beta1: weak });
  twoHosts(r);
  await ended(r, await r.create({ name: 'web1', host: 'alpha1', cpu: 'host' }));
  r.store.guests.update('web1', { state: 'running' });
  const refusal = { code: 'migrate.cpu-missing', message: /beta1 cannot show avx2/ };
  await t.throwsAsync(r.migrate('web1', 'beta1'), refusal);
  t.is(r.operations.list().filter(({ kind }) => kind === 'guest.migrate').length, 0);
});

test('a destination whose CPU is not known is asked before a guest goes there', async (t) => {
  const r = rig(t, { alpha1: strong, beta1: weak });
  r.store.hosts.insert(hostRecord('alpha1', 1, { cpu: { ...strong, engine: 'kvm' } }));
  r.store.hosts.insert(hostRecord('beta1', 2));
  r.store.hosts.insert(hostRecord('mute1', 3));
  const { features } = strong;
  const pinned = { choice: 'host' as const, nested: true, model: 'EPYC', features, disabled: [] };
  r.store.guests.insert(guestRecord('web1', 'alpha1', { cpu: pinned }));
  await t.throwsAsync(r.migrate('web1', 'beta1'), { code: 'migrate.cpu-missing', message: /avx2/ });
  t.deepEqual(r.store.hosts.get('beta1').cpu, { ...weak, engine: 'kvm' });
  await t.throwsAsync(r.migrate('web1', 'mute1'), { code: 'ssh.unreachable' });
});

test('a guest that changed while its destination was asked is looked at again', async (t) => {
  const r = rig(t, { alpha1: strong, beta1: strong });
  r.store.hosts.insert(hostRecord('alpha1', 1, { cpu: { ...strong, engine: 'kvm' } }));
  r.store.hosts.insert(hostRecord('beta1', 2));
  r.store.guests.insert(guestRecord('web1', 'alpha1'));
  const asked = r.migrate('web1', 'beta1');
  r.store.guests.update('web1', { state: 'attention' });
  await t.throwsAsync(asked, { code: 'migrate.not-running' });
  r.store.guests.update('web1', { state: 'running' });
  r.store.hosts.update('beta1', { cpu: null });
  const again = r.migrate('web1', 'beta1');
  r.operations.start('guest.start', 'guest/web1', { guest: 'web1', host: 'alpha1' });
  await t.throwsAsync(again, { code: 'operation.busy' });
});

test('no guest is made on, started on or moved to a host that is to reboot', async (t) => {
  const r = rig(t, { alpha1: strong, beta1: strong });
  twoHosts(r);
  r.store.guests.insert(guestRecord('web1', 'alpha1'));
  r.store.guests.insert(guestRecord('web2', 'beta1', { state: 'stopped' }));
  const gate = Promise.withResolvers<void>();
  const phases = [{ name: 'measure', do: () => gate.promise }];
  r.operations.define({ kind: 'host.conform', phases, afterRestart: 'resume', undoneState: 'failed' });
  const measuring = r.operations.start('host.conform', 'host/beta1', { host: 'beta1', reboot: true });
  const refusal = { code: 'host.in-use', message: /beta1/ };
  const error = await t.throwsAsync<BlanketError>(
    async () => r.create({ name: 'web3', host: 'beta1' }),
    refusal,
  );
  t.like(error, { kind: 'conflict', data: { host: 'beta1', operation: measuring.id } });
  t.true(error?.next?.includes(`blanket op watch ${measuring.id}`));
  t.is(r.store.guests.find('web3'), undefined);
  await t.throwsAsync(r.migrate('web1', 'beta1'), refusal);
  t.throws(() => r.start('web2'), refusal);
  gate.resolve();
  await ended(r, measuring);
  t.is((await ended(r, await r.migrate('web1', 'beta1'))).state, 'done');
});

test('a guest from before CPUs were pinned is judged by what its host made of the portable one', async (t) => {
  const faulty = { faulty: ['cx16'], lacks: ['cx16'] };
  const poor = cpu(base.replace('cx16 ', ''), faulty);
  const r = rig(t, {});
  r.store.hosts.insert(hostRecord('poor1', 1, { cpu: { ...poor, engine: 'kvm' } }));
  r.store.hosts.insert(hostRecord('poor2', 2, { cpu: { ...poor, engine: 'kvm' } }));
  r.store.hosts.insert(hostRecord('rich1', 3, { cpu: { ...strong, engine: 'kvm' } }));
  r.store.guests.insert(guestRecord('old1', 'poor1'));
  r.store.guests.insert(guestRecord('old2', 'rich1'));
  t.is((await ended(r, await r.migrate('old1', 'poor2'))).state, 'done');
  await t.throwsAsync(r.migrate('old2', 'poor1'), { code: 'migrate.cpu-missing', message: /cx16/ });
});

test('a store whose records know nothing of CPUs opens, and they read as not known', (t) => {
  const r = rig(t, {});
  const { cpu: _, ...host } = hostRecord('alpha1', 1);
  const { cpu: __, ...guest } = guestRecord('web1', 'alpha1');
  r.store.hosts.insert(host as ReturnType<typeof hostRecord>);
  r.store.guests.insert(guest as ReturnType<typeof guestRecord>);
  r.close();
  const again = openStore(`${r.directory}/control.db`);
  t.is(again.hosts.get('alpha1').cpu, null);
  t.is(again.guests.get('web1').cpu, null);
  again.close();
});

import test from 'ava';
import { portableCpu } from '../../src/wire/cpu.ts';
import type { Operation } from '../../src/wire/resources.ts';
import type { FleetBaseline } from '../../src/wire/routes/fleet.ts';
import { ended, fakeControl, guest } from '../api-client/fake-control.ts';
import { runBlanket } from './run-blanket.ts';

const host = (name: string, change: Partial<FleetBaseline['hosts'][number]> = {}) => ({
  ...{ host: name, state: 'ready' as const, vendor: 'AMD', model: 'EPYC', asked: true },
  ...{ costs: [], beyond: [], faulty: [] },
  ...change,
});

const baseline: FleetBaseline = {
  ...{ engine: 'kvm', model: 'EPYC', vendor: 'AMD', features: ['avx', 'sse'], nested: ['svm'] },
  hosts: [
    host('alpha1', { beyond: ['avx2', 'cx16'] }),
    host('beta1', { state: 'unreachable', asked: false, costs: ['avx2', 'cx16'], faulty: ['cx16'] }),
  ],
  unknown: ['gamma1'],
};

test('the baseline is told to people: what is shared, what each costs, who was not asked', async (t) => {
  const fake = await fakeControl(t, { 'fleet.baseline': () => [baseline] });
  const { code, stdout, stderr } = await runBlanket(fake, ['fleet', 'baseline', '--engine', 'kvm']);
  t.is(code, 0, stderr);
  t.deepEqual(fake.asked.at(-1)?.query, { engine: 'kvm' });
  t.regex(stdout, /^features: avx sse$/m);
  t.regex(stdout, /^nested: +svm \(shown with --nested only\)$/m);
  t.regex(
    stdout,
    /^HOST +STATE +VENDOR +MODEL +COSTS +BEYOND\nalpha1 +ready +AMD +EPYC +0 +2\nbeta1 +unreachable /m,
  );
  t.regex(stdout, /^Without beta1 the fleet would also have: avx2, cx16 \(its CPU gets cx16 wrong\)\.$/m);
  t.regex(stdout, /^alpha1 has beyond it: avx2, cx16\.$/m);
  t.regex(
    stderr,
    /^beta1 is unreachable and was not asked: its CPU is the last one known\.\ngamma1 could never be asked/m,
  );
});

test('and to programs as it is', async (t) => {
  const fake = await fakeControl(t, { 'fleet.baseline': () => [baseline] });
  const { stdout } = await runBlanket(fake, ['fleet', 'baseline', '-o', 'json']);
  t.deepEqual(JSON.parse(stdout), [baseline]);
});

test('a policy is shown, and changed only where asked', async (t) => {
  const now = { cpu: 'refuse', cpuMissing: 'refuse' };
  const fake = await fakeControl(t, { 'fleet.policy': () => now, 'fleet.policy.set': () => now });
  t.regex((await runBlanket(fake, ['fleet', 'policy'])).stdout, /^cpu: +refuse .*\ncpu missing: +refuse /);
  t.is(fake.asked.filter(({ route }) => route === 'fleet.policy.set').length, 0);
  const changed = await runBlanket(fake, ['fleet', 'policy', '--cpu', 'refuse', '-o', 'json']);
  t.deepEqual(JSON.parse(changed.stdout), now);
  t.deepEqual(fake.asked.find(({ route }) => route === 'fleet.policy.set')?.body, { cpu: 'refuse' });
  t.is((await runBlanket(fake, ['fleet', 'policy', '--cpu', 'maybe'])).code, 2);
});

const warning = {
  code: 'guest.cpu-too-wide',
  kind: 'blocked' as const,
  message: 'The CPU of web1 is wider than the fleet’s baseline: beta1 cannot show avx2.',
  next: 'Take --cpu baseline.',
};
const warned = (): Operation => ({ ...ended('done'), result: { guest: 'web1', warnings: [warning] } });

test('a guest is made with the CPU asked for, and a warning is on stderr and in the data', async (t) => {
  const fake = await fakeControl(t, {
    'guest.create': warned,
    'op.show': warned,
    'guest.show': () => guest('web1', { cpu: { ...portableCpu([]), choice: 'host', nested: true } }),
  });
  const args = ['guest', 'create', 'web1', '--image', 'i', '--host', 'h', '--cpu', 'host', '--nested'];
  const { code, stdout, stderr } = await runBlanket(fake, args);
  t.is(code, 0, stderr);
  t.like(fake.asked.find(({ route }) => route === 'guest.create')?.body, { cpu: 'host', nested: true });
  t.regex(stdout, /^cpu: +host: qemu64 with 31 features, nested virtualization$/m);
  t.regex(
    stderr,
    /^warning: The CPU of web1 .* avx2\.\n {2}code: guest\.cpu-too-wide\n {2}next: Take --cpu baseline\.$/m,
  );
  const json = await runBlanket(fake, [...args, '-o', 'json']);
  t.deepEqual(JSON.parse(json.stdout).warnings, [warning]);
  t.is((await runBlanket(fake, [...args.slice(0, 8), 'best'])).code, 2);
});

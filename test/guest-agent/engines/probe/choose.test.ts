import test from 'ava';
import { choose } from '../../../../src/guest-agent/engines/probe/choose.ts';
import type { EngineProbe } from '../../../../src/wire/methods/engines.ts';

const probe = (engine: EngineProbe['engine'], change: Partial<EngineProbe>): EngineProbe => ({
  engine,
  usable: true,
  ...change,
});
const noXen = probe('xen', { usable: false, reason: 'This host is not booted on Xen.' });
const fast = { bootMs: 1_000, cpuMs: 20, score: 300 };
const slow = { bootMs: 3_000, cpuMs: 250, score: 90 };

test('KVM when it is the faster one', (t) => {
  const { chosen, why } = choose([probe('kvm', fast), probe('tcg', slow), noXen]);
  t.is(chosen, 'kvm');
  t.regex(why, /^kvm booted the probe guest in 1\.0 s, score 300\. tcg booted .*, which is slower\./);
});

test('KVM when both are the same', (t) =>
  t.is(choose([probe('kvm', slow), probe('tcg', slow)]).chosen, 'kvm'));

test('not a KVM that is slower than TCG, and the reason says so', (t) => {
  const { chosen, why } = choose([probe('kvm', slow), probe('tcg', fast), noXen]);
  t.is(chosen, 'tcg');
  t.regex(why, /kvm booted the probe guest in 3\.0 s, score 90, which is slower\./);
});

test('TCG when KVM is unusable, with the reason', (t) => {
  const { chosen, why } = choose([
    probe('kvm', { usable: false, reason: 'There is none.' }),
    probe('tcg', slow),
  ]);
  t.is(chosen, 'tcg');
  t.regex(why, /kvm was not chosen: There is none\./);
});

test('an engine that is alive but was not measured can be chosen', (t) =>
  t.is(choose([probe('kvm', { usable: false, reason: 'No.' }), probe('tcg', {})]).chosen, 'tcg'));

test('none when none is usable, and every reason is told', (t) => {
  const { chosen, why } = choose([
    probe('kvm', { usable: false, reason: 'There is none.' }),
    probe('tcg', { usable: false, reason: 'It is broken.' }),
    noXen,
  ]);
  t.is(chosen, undefined);
  for (const reason of ['There is none.', 'It is broken.', 'This host is not booted on Xen.']) {
    t.true(why.includes(reason));
  }
});

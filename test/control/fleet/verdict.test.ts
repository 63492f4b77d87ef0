import test from 'ava';
import { type CpuOccasion, cpuFindings, judgeCpu } from '../../../src/control/fleet/verdict.ts';
import { BlanketError, exitCodeOf } from '../../../src/wire/errors.ts';
import { type FleetPolicy, fleetPolicySchema } from '../../../src/wire/routes/fleet.ts';
import { cpu, fleet } from './hosts.ts';

const hosts = fleet({ a: cpu('avx avx2 sse'), b: cpu('avx sse'), c: cpu('sse') });

const found: [what: string, features: string[], on: string, findings: unknown[]][] = [
  ['all can show it', ['sse'], 'a', []],
  [
    'its host can, others cannot',
    ['avx', 'sse'],
    'a',
    [{ what: 'wider', lacks: [{ host: 'c', features: ['avx'] }] }],
  ],
  [
    'its host cannot, another can',
    ['avx', 'avx2', 'sse'],
    'b',
    [
      { what: 'missing', lacks: [{ host: 'b', features: ['avx2'] }] },
      { what: 'wider', lacks: [{ host: 'c', features: ['avx', 'avx2'] }] },
    ],
  ],
  ['of a host whose CPU is not known nothing is said', ['sse'], 'unknown', []],
];
for (const [what, features, on, findings] of found) {
  test(`findings: ${what}`, (t) => {
    t.deepEqual(cpuFindings(features, on, hosts) as unknown[], findings);
  });
}

type Verdict = string | string[];
const policy = (change: Partial<FleetPolicy> = {}): FleetPolicy => ({
  ...fleetPolicySchema.parse({}),
  ...change,
});
const wide = ['avx', 'sse'];

/** A string is the code of a refusal, a list the codes of warnings. */
const verdicts: [what: string, on: string, occasion: CpuOccasion, policy: FleetPolicy, verdict: Verdict][] = [
  ['wider is warned about', 'a', 'create', policy(), ['guest.cpu-too-wide']],
  ['at a start as well', 'a', 'start', policy(), ['guest.cpu-too-wide']],
  ['at a migration as well', 'b', 'migrate', policy(), ['guest.cpu-too-wide']],
  ['or refused, when so set', 'a', 'create', policy({ cpu: 'refuse' }), 'guest.cpu-too-wide'],
  [
    'but not at a migration: a third host is not asked',
    'b',
    'migrate',
    policy({ cpu: 'refuse' }),
    ['guest.cpu-too-wide'],
  ],
  [
    'which stays refused where features are missing',
    'c',
    'migrate',
    policy({ cpu: 'warn' }),
    'migrate.cpu-missing',
  ],
  ['missing is refused at a start', 'c', 'start', policy(), 'guest.cpu-too-wide'],
  ['and at a migration, by its own name', 'c', 'migrate', policy(), 'migrate.cpu-missing'],
  ['or warned about, when so set', 'c', 'migrate', policy({ cpuMissing: 'warn' }), ['migrate.cpu-missing']],
];
for (const [what, on, occasion, set, verdict] of verdicts) {
  test(`verdict: ${what}`, (t) => {
    const judge = () =>
      judgeCpu({ guest: 'web1', occasion, findings: cpuFindings(wide, on, hosts) }, set).map(
        ({ code }) => code,
      );
    if (typeof verdict !== 'string') return t.deepEqual(judge(), verdict);
    const error = t.throws(judge, { instanceOf: BlanketError, code: verdict });
    t.is(exitCodeOf(error?.kind ?? 'failed'), 5);
    t.regex(error?.message ?? '', /\bc cannot show avx\b/);
    t.deepEqual(error?.data, { guest: 'web1', lacks: [{ host: 'c', features: ['avx'] }] });
    t.regex(error?.next ?? '', /blanket fleet baseline/);
  });
}

test('a long list is cut in the sentence and whole in the data', (t) => {
  const many = Array.from({ length: 15 }, (_, index) => `f${index + 10}`);
  const [warning] = judgeCpu(
    { guest: 'web1', occasion: 'create', findings: cpuFindings(many, 'other', fleet({ a: cpu('') })) },
    policy(),
  );
  t.regex(warning?.message ?? '', /f10, .*, f21 and 3 more\.$/);
  t.deepEqual(warning?.data, { guest: 'web1', lacks: [{ host: 'a', features: many }] });
});

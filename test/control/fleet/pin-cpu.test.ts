import test from 'ava';
import { pinCpu } from '../../../src/control/fleet/pin-cpu.ts';
import {
  type CpuChoice,
  type GuestCpu,
  guestCpuSchema,
  isNested,
  portableCpu,
} from '../../../src/wire/cpu.ts';
import { cpu, fleet } from './hosts.ts';

const base = portableCpu([]).features.join(' ');
const strong = cpu(`${base} avx npt svm`);
const weak = cpu(`${base} svm`.replace('cx16 ', ''), { faulty: ['cx16'], lacks: ['cx16'] });
const intel = cpu(`${base} vmx vmx-ept`, { model: 'Skylake-Server', vendor: 'Intel' });
const none = cpu(base);

type Hosts = Parameters<typeof fleet>[0];
type Row = [what: string, choice: CpuChoice, nested: boolean, hosts: Hosts, has: string, not: string];

/** The guest's first host is `a`. */
const rows: Row[] = [
  [
    'portable is the same on a strong host',
    'portable',
    false,
    { a: strong },
    'cx16 sse4.2',
    'avx svm vmx npt',
  ],
  [
    'portable leaves out what any host gets wrong',
    'portable',
    false,
    { a: strong, b: weak },
    'sse4.2',
    'cx16 avx svm',
  ],
  [
    'portable does not shrink for a host that merely lacks',
    'portable',
    false,
    { a: strong, b: cpu('sse') },
    'sse4.2 cx16',
    'avx',
  ],
  ['baseline is what all share', 'baseline', false, { a: strong, b: none }, 'cx16', 'avx svm npt'],
  ['baseline alone is the host', 'baseline', false, { a: strong }, 'avx cx16', 'svm npt'],
  [
    'host is all of its host, whatever the others lack',
    'host',
    false,
    { a: strong, b: none },
    'avx',
    'svm npt',
  ],
  [
    'nested shows the extension and what belongs to it',
    'host',
    true,
    { a: strong, b: none },
    'avx svm npt',
    'vmx',
  ],
  [
    'nested baseline shows what all share of it',
    'baseline',
    true,
    { a: strong, b: weak },
    'svm',
    'npt vmx cx16',
  ],
  ['nested portable as well', 'portable', true, { a: intel, b: intel }, 'vmx vmx-ept sse4.2', 'svm'],
];

for (const [what, choice, nested, hosts, has, not] of rows) {
  test(what, (t) => {
    const all = fleet(hosts);
    const [on] = all;
    if (on === undefined) return t.fail();
    const pinned: GuestCpu = guestCpuSchema.parse(pinCpu({ choice, nested }, on, all));
    t.deepEqual([pinned.choice, pinned.nested], [choice, nested]);
    for (const name of has.split(' ')) t.true(pinned.features.includes(name), name);
    for (const name of not.split(' ')) t.false(pinned.features.includes(name), name);
    t.deepEqual(
      pinned.features.filter((name) => pinned.disabled.includes(name)),
      [],
    );
    for (const name of ['svm', 'vmx']) t.not(pinned.features.includes(name), pinned.disabled.includes(name));
    t.is(pinned.features.some(isNested), nested);
  });
}

const refused: [what: string, choice: CpuChoice, hosts: Hosts, lacking: string[]][] = [
  ['its host cannot', 'host', { a: none, b: strong }, ['a']],
  ['some host of the fleet cannot', 'baseline', { a: strong, b: none }, ['b']],
  ['makers differ', 'portable', { a: strong, b: intel }, []],
];
for (const [what, choice, hosts, lacking] of refused) {
  test(`nested is refused when ${what}`, (t) => {
    const all = fleet(hosts);
    const [on] = all;
    if (on === undefined) return t.fail();
    const error = t.throws(() => pinCpu({ choice, nested: true }, on, all), { code: 'guest.no-nested' });
    t.like(error, { kind: 'blocked', data: { hosts: lacking } });
  });
}

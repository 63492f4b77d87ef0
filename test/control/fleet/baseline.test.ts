import test from 'ava';
import {
  costOf,
  type FleetHost,
  sharedFeatures,
  sharedModel,
  sharedVendor,
  widestCpu,
} from '../../../src/control/fleet/baseline.ts';
import { portableCpu } from '../../../src/wire/cpu.ts';
import { cpu, fleet } from './hosts.ts';

type Row = {
  what: string;
  hosts: FleetHost[];
  shared: string;
  model: string;
  vendor: string | null;
  costs: Record<string, string>;
};

const rows: Row[] = [
  {
    what: 'no host shares nothing',
    hosts: [],
    ...{ shared: '', model: 'qemu64', vendor: null, costs: {} },
  },
  {
    what: 'a host alone is its own baseline and costs nobody anything',
    hosts: fleet({ a: cpu('avx avx2 sse') }),
    ...{ shared: 'avx avx2 sse', model: 'EPYC', vendor: 'AMD', costs: { a: '' } },
  },
  {
    what: 'hosts that are the same cost one another nothing',
    hosts: fleet({ a: cpu('avx sse'), b: cpu('avx sse') }),
    ...{ shared: 'avx sse', model: 'EPYC', vendor: 'AMD', costs: { a: '', b: '' } },
  },
  {
    what: 'the weakest costs the others what it lacks',
    hosts: fleet({ a: cpu('avx avx2 sse'), b: cpu('avx avx2 fma sse'), weak: cpu('sse') }),
    ...{ shared: 'sse', model: 'EPYC', vendor: 'AMD', costs: { a: '', b: '', weak: 'avx avx2' } },
  },
  {
    what: 'each of two may cost the other something',
    hosts: fleet({ a: cpu('avx sse'), b: cpu('bmi1 sse') }),
    ...{ shared: 'sse', model: 'EPYC', vendor: 'AMD', costs: { a: 'bmi1', b: 'avx' } },
  },
  {
    what: 'what two lack is the cost of neither alone',
    hosts: fleet({ a: cpu('avx sse'), b: cpu('sse'), c: cpu('sse') }),
    ...{ shared: 'sse', model: 'EPYC', vendor: 'AMD', costs: { a: '', b: '', c: '' } },
  },
  {
    what: 'a feature that one host gets wrong is not shared, and that host is the cost',
    hosts: fleet({
      a: cpu('cx16 sse'),
      b: cpu('cx16 sse'),
      wrong: cpu('sse', { faulty: ['cx16'], lacks: ['cx16'] }),
    }),
    ...{ shared: 'sse', model: 'EPYC', vendor: 'AMD', costs: { a: '', b: '', wrong: 'cx16' } },
  },
  {
    what: 'models and makers that differ leave the oldest model and no maker',
    hosts: fleet({ a: cpu('sse'), b: cpu('sse', { model: 'Skylake-Server', vendor: 'Intel' }) }),
    ...{ shared: 'sse', model: 'qemu64', vendor: null, costs: { a: '', b: '' } },
  },
  {
    what: 'models of one maker that differ leave the maker',
    hosts: fleet({ a: cpu('sse'), b: cpu('sse', { model: 'EPYC-Rome' }) }),
    ...{ shared: 'sse', model: 'qemu64', vendor: 'AMD', costs: { a: '', b: '' } },
  },
];

for (const { what, hosts, shared, model, vendor, costs } of rows) {
  test(what, (t) => {
    t.is(sharedFeatures(hosts).join(' '), shared);
    t.is(sharedModel(hosts), model);
    t.is(sharedVendor(hosts), vendor);
    const found = hosts.map(({ host }) => [host, costOf(host, hosts).join(' ')]);
    t.deepEqual(Object.fromEntries(found), costs);
  });
}

test('the widest CPU of several hosts takes away what their model has and they do not share', (t) => {
  const hosts = fleet({
    a: cpu('avx avx2 npt sse svm', { lacks: ['rdseed'] }),
    b: cpu('avx npt rdseed sse svm', { lacks: ['avx2'] }),
  });
  t.deepEqual(widestCpu(hosts, false), {
    ...{ nested: false, model: 'EPYC', features: ['avx', 'sse'] },
    disabled: ['avx2', 'rdseed', 'svm', 'vmx'],
  });
  t.deepEqual(widestCpu(hosts, true), {
    ...{ nested: true, model: 'EPYC', features: ['avx', 'npt', 'sse', 'svm'] },
    disabled: ['avx2', 'rdseed', 'vmx'],
  });
});

test('a feature that one host has never heard of is not named to it', (t) => {
  const hosts = fleet({ old: cpu('sse'), young: cpu('amx-fp16 sse', { lacks: ['avx10'] }) });
  t.deepEqual(widestCpu(hosts, false).disabled, ['svm', 'vmx']);
});

test('with models that differ, what the oldest has and they do not share is taken away', (t) => {
  const all = portableCpu([]).features;
  const hosts = fleet({
    a: cpu(`${all.join(' ')} avx`),
    b: cpu(all.filter((name) => name !== 'cx16').join(' '), { model: 'Westmere', vendor: 'Intel' }),
  });
  const { model, features, disabled } = widestCpu(hosts, false);
  t.is(model, 'qemu64');
  t.deepEqual(
    features,
    all.filter((name) => name !== 'cx16'),
  );
  t.deepEqual(disabled, ['cx16', 'svm', 'vmx']);
});

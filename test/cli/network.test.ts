import test from 'ava';
import type { Network } from '../../src/wire/resources.ts';
import { type FakeControl, fakeControl } from '../api-client/fake-control.ts';
import { runBlanket } from './run-blanket.ts';

const network = (change: Partial<Network> = {}): Network => ({
  ...{ name: 'lan', subnet: '10.77.0.0/24', subnet6: null, gateway: '10.77.0.1', gateway6: null, vni: 100 },
  ...{
    mtu: 1370,
    isolated: false,
    egress: null,
    egressState: null,
    connected: [],
    guests: 2,
    createdAt: '2026-01-02T03:04:05.000Z',
  },
  ...change,
});

/** The client first asks whether control is there. */
const asked = (fake: FakeControl) => fake.asked.filter(({ route }) => route !== 'status');

test('what is asked of a new network is passed on, and what is not is left to control', async (t) => {
  const fake = await fakeControl(t, { 'network.create': () => ({ ...network(), warnings: [] }) });
  const plain = ['network', 'create', 'lan', '--subnet', '10.77.0.0/24'];
  t.is((await runBlanket(fake, plain)).code, 0);
  const full = await runBlanket(fake, [...plain, '--subnet6', 'fd77::/64', '--isolated', '--mtu', '1300']);
  t.is(full.code, 0);
  t.is((await runBlanket(fake, [...plain, '--egress', 'east-1'])).code, 0);
  t.deepEqual(
    asked(fake).map(({ body }) => body),
    [
      { name: 'lan', subnet: '10.77.0.0/24' },
      { name: 'lan', subnet: '10.77.0.0/24', subnet6: 'fd77::/64', isolated: true, mtu: 1300 },
      { name: 'lan', subnet: '10.77.0.0/24', egress: 'east-1' },
    ],
  );
});

test('a network is shown with its gateways and neighbours', async (t) => {
  const shown = network({
    subnet6: 'fd77::/64',
    gateway6: 'fd77::1',
    connected: ['lab', 'wan'],
    isolated: true,
  });
  const fake = await fakeControl(t, { 'network.show': () => shown, 'network.list': () => [shown] });
  const { stdout } = await runBlanket(fake, ['network', 'show', 'lan']);
  t.regex(stdout, /^gateway: +10\.77\.0\.1 fd77::1$/m);
  t.regex(stdout, /^outside: +no/m);
  t.regex(stdout, /^connected: +lab wan$/m);
  t.regex(stdout, /^mtu: +1370$/m);
  const list = await runBlanket(fake, ['network', 'list']);
  t.regex(list.stdout, /^lan +10\.77\.0\.0\/24 +fd77::\/64 +no +lab wan +100 +1370 +2 /m);
});

test('the way out of a network is shown, and that it is not there', async (t) => {
  const outside = async (change: Partial<Network>) => {
    const fake = await fakeControl(t, {
      'network.show': () => network(change),
      'network.list': () => [network(change)],
    });
    const { stdout } = await runBlanket(fake, ['network', 'show', 'lan']);
    const list = (await runBlanket(fake, ['network', 'list'])).stdout.split('\n')[1];
    return [/^outside: +(.*)$/m.exec(stdout)?.[1], list?.split(/ {2,}/)[3]];
  };
  t.deepEqual(await outside({}), ['yes, through their host', 'yes']);
  t.deepEqual(await outside({ egress: 'east-1', egressState: 'ready' }), ['yes, through east-1', 'east-1']);
  t.deepEqual(await outside({ egress: 'east-1', egressState: 'unreachable' }), [
    'yes, through east-1 (unreachable)',
    'east-1 (unreachable)',
  ]);
});

test('the way out of a network is a host that is named, or each its own', async (t) => {
  const fake = await fakeControl(t, { 'network.egress': () => ({ ...network(), warnings: [] }) });
  const change = (...args: string[]) => runBlanket(fake, ['network', 'egress', 'lan', ...args]);
  const chosen = await change('west-1');
  t.is(chosen.code, 0);
  t.regex(chosen.stderr, /open to the world by another way ends/);
  t.is((await change('--each')).code, 0);
  const hosts = ['west-1', null];
  t.deepEqual(
    asked(fake).map(({ params, body }) => ({ params, body })),
    hosts.map((host) => ({ params: { name: 'lan' }, body: { host } })),
  );
  for (const args of [[], ['west-1', '--each']]) {
    const { code, stderr } = await change(...args);
    t.is(code, 2);
    t.regex(stderr, /usage\.egress/);
  }
  t.is(asked(fake).length, hosts.length, 'control was not asked');
});

for (const verb of ['connect', 'disconnect'] as const) {
  test(`blanket network ${verb} names both networks`, async (t) => {
    const fake = await fakeControl(t, {
      [`network.${verb}`]: () => ({ ...network({ connected: ['lab'] }), warnings: [] }),
    });
    const { code, stdout } = await runBlanket(fake, ['network', verb, 'lan', 'lab']);
    t.is(code, 0);
    t.regex(stdout, /^connected: +lab$/m);
    t.deepEqual(
      asked(fake).map(({ route, params }) => [route, params]),
      [[`network.${verb}`, { name: 'lan', other: 'lab' }]],
    );
  });
}

test('an MTU that no network can have is refused at once', async (t) => {
  const fake = await fakeControl(t);
  const { code, stderr } = await runBlanket(fake, [
    ...['network', 'create', 'lan', '--subnet', '10.77.0.0/24', '--mtu', '500'],
  ]);
  t.is(code, 2);
  t.regex(stderr, /mtu/);
  t.deepEqual(asked(fake), []);
});

const warning = {
  code: 'host.not-told',
  kind: 'blocked',
  message: 'b1 cannot be told now: it waits.',
} as const;

test('what a change did not reach is told on stderr, and in data', async (t) => {
  const changed = () => ({ ...network(), warnings: [warning] });
  const fake = await fakeControl(t, {
    ...{ 'network.create': changed, 'network.connect': changed, 'network.disconnect': changed },
    'network.remove': () => ({ warnings: [warning] }),
  });
  for (const args of [
    ['create', 'lan', '--subnet', '10.77.0.0/24'],
    ...['connect', 'disconnect'].map((verb) => [verb, 'lan', 'lab']),
    ['remove', 'lan'],
  ]) {
    const { code, stderr } = await runBlanket(fake, ['network', ...args]);
    t.is(code, 0);
    t.regex(stderr, /warning: b1 cannot be told now: it waits\./, args[0]);
    const { stdout } = await runBlanket(fake, ['network', ...args, '-o', 'json']);
    t.deepEqual(JSON.parse(stdout).warnings, [warning], args[0]);
  }
});

test('and where there is nothing to warn of, data has no word of it', async (t) => {
  const fake = await fakeControl(t, { 'network.create': () => ({ ...network(), warnings: [] }) });
  const args = ['network', 'create', 'lan', '--subnet', '10.77.0.0/24', '-o', 'json'];
  t.deepEqual(JSON.parse((await runBlanket(fake, args)).stdout), network());
});

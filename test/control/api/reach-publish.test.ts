import test from 'ava';
import { forgetHost } from '../../../src/control/network/publish.ts';
import { api } from '../../../src/wire/api.ts';
import type { BlanketError } from '../../../src/wire/errors.ts';
import { fail, rig } from './reach-rig.ts';

const kept = { protocol: 'tcp', port: 8080, toPort: 80 };

test('a port is kept, told to the hosts, and answered', async (t) => {
  const { publish, published, told } = rig(t);
  const answer = await publish({ hosts: ['b1', 'a1', 'b1'] });
  t.deepEqual(published(), [{ ...kept, protocol: 'tcp', hosts: ['b1', 'a1'] }]);
  t.deepEqual(api['guest.publish'].response.parse(answer), answer);
  t.deepEqual(answer.warnings, []);
  t.deepEqual(told.toSorted(), ['a1', 'b1', 'c1']);
});

const refusals: [what: string, body: object, code: string, says: RegExp][] = [
  ['the tunnels', { protocol: 'udp', port: 51820 }, 'guest.port-reserved', /51820\/udp .* tunnels/],
  ['SSH', { port: 22 }, 'guest.port-reserved', /22\/tcp .* SSH/],
  ['metadata', { port: 8775 }, 'guest.port-reserved', /metadata/],
  ['the last of migrations', { port: 49215 }, 'guest.port-reserved', /migrations/],
  ['the SSH of a chosen host', { port: 2202, hosts: ['b1'] }, 'guest.port-reserved', /control reaches b1/],
  ['the SSH of any host', { port: 2203 }, 'guest.port-reserved', /control reaches c1/],
  ['a host that is not there', { hosts: ['a1', 'nope'] }, 'host.not-found', /nope/],
  ['no host', { hosts: [] }, 'guest.publish-nowhere', /no host at all/],
];
for (const [what, body, code, says] of refusals) {
  test(`refused before any host is told: ${what}`, async (t) => {
    const { publish, published, told } = rig(t);
    const error = await t.throwsAsync<BlanketError>(() => publish(body), { code, message: says });
    t.truthy(error?.next);
    t.deepEqual([published(), told], [[], []]);
  });
}

test('what is not quite reserved is free', async (t) => {
  const { publish, published } = rig(t);
  const near = [
    { protocol: 'udp', port: 22 },
    { protocol: 'tcp', port: 51820 },
    { protocol: 'tcp', port: 49216 },
    { protocol: 'tcp', port: 2203, hosts: ['a1'] },
    { protocol: 'udp', port: 2201 },
  ];
  for (const body of near) await publish(body);
  t.is(published().length, near.length);
});

const pairs: [first: string[] | null, second: string[] | null, meet: boolean][] = [
  [['a1'], ['b1'], false],
  [['a1', 'c1'], ['c1'], true],
  [null, ['b1'], true],
  [['b1'], null, true],
  [null, null, true],
];
for (const [first, second, meet] of pairs) {
  test(`two guests on one port: ${first ?? 'every host'}, then ${second ?? 'every host'}`, async (t) => {
    const { publish, published } = rig(t);
    await publish({ hosts: first });
    await publish({ protocol: 'udp', hosts: second }, 'web2');
    if (!meet) {
      await publish({ hosts: second }, 'web2');
      t.is(published('web2').length, 2);
      return;
    }
    const error = await t.throwsAsync<BlanketError>(() => publish({ hosts: second }, 'web2'), {
      code: 'guest.port-published',
      message: /^8080\/tcp leads to port 80 of web1 already/,
    });
    t.regex(error?.next ?? '', /blanket guest unpublish web1 8080\/tcp/);
    t.is(published('web2').length, 1);
  });
}

test('a guest has each port once, wherever', async (t) => {
  const { publish } = rig(t);
  await publish({ hosts: ['a1'] });
  await t.throwsAsync(() => publish({ hosts: ['b1'] }), { code: 'guest.port-published' });
});

test('a port that is in use on a host is taken back everywhere', async (t) => {
  const { publish, published, told, agents } = rig(t);
  await publish({ port: 9000 });
  told.length = 0;
  agents.b1 = () => {
    if (published().length > 1) fail('network.port-taken', 8080)();
  };
  const error = await t.throwsAsync<BlanketError>(() => publish({}), {
    code: 'network.port-taken',
    message: '8080/tcp is in use on b1, so it was published for web1 nowhere.',
  });
  t.like(error?.data, { guest: 'web1', port: 8080, protocol: 'tcp', hosts: ['b1'] });
  t.regex(String(error?.cause), /It says network\.port-taken/);
  t.deepEqual(
    published().map(({ port }) => port),
    [9000],
  );
  t.deepEqual(told.toSorted(), ['a1', 'a1', 'b1', 'b1', 'c1', 'c1']);
});

test('a chosen host that cannot do it for another reason takes it back too, and is named', async (t) => {
  const { publish, published } = rig(t, { c1: fail('network.nft-failed') });
  const error = await t.throwsAsync<BlanketError>(() => publish({ hosts: ['a1', 'c1'] }), {
    code: 'guest.publish-failed',
    message: /could not be put on c1/,
  });
  t.regex(error?.next ?? '', /--on/);
  t.deepEqual(published(), []);
});

test('a port of earlier that a host cannot take does not stand in the way of this one', async (t) => {
  const { publish, published } = rig(t, { b1: fail('network.port-taken', 9000) });
  await publish({});
  t.is(published().length, 1);
});

test('what fails on a host that was not chosen is none of its business', async (t) => {
  const { publish, published } = rig(t, { c1: fail('network.nft-failed') });
  t.deepEqual((await publish({ hosts: ['a1'] })).warnings, []);
  t.is(published().length, 1);
});

test('a host that is away, or goes away just now, is named in a warning and keeps its claim', async (t) => {
  const { publish, published, store } = rig(t, { b1: fail('ssh.unreachable') });
  store.hosts.update('c1', { state: 'unreachable' });
  const { warnings } = await publish({});
  t.deepEqual(
    warnings.map(({ code, data }) => [code, data?.host]),
    [
      ['host.not-told', 'c1'],
      ['host.not-told', 'b1'],
    ],
  );
  t.is(store.hosts.get('b1').state, 'ready', 'what is thought of it is for those who watch it');
  t.regex(
    warnings[0]?.message ?? '',
    /^c1 cannot be told now: 8080\/tcp does not lead to web1 from there yet\.$/,
  );
  t.is(published().length, 1);
});

test('a host that took it and went away before it was taken back is named', async (t) => {
  let calls = 0;
  const { publish, agents } = rig(t, { b1: fail('network.port-taken', 8080) });
  agents.a1 = () => {
    calls += 1;
    if (calls > 1) fail('agent.lost')();
  };
  agents.c1 = fail('ssh.unreachable');
  const error = await t.throwsAsync<BlanketError>(() => publish({}), {
    message: /nowhere\. a1 may have it until told otherwise\.$/,
  });
  t.deepEqual(error?.data?.left, ['a1']);
});

test('a port is taken back, and a host that cannot be told is named', async (t) => {
  const { publish, unpublish, published, agents } = rig(t);
  await publish({ hosts: ['a1', 'b1'] });
  agents.a1 = fail('agent.timed-out');
  const { warnings, published: left } = await unpublish();
  t.deepEqual([published(), left], [[], []]);
  t.deepEqual(
    warnings.map(({ message }) => message),
    ['a1 cannot be told now: 8080/tcp may still lead to web1 there.'],
  );
  const error = await t.throwsAsync<BlanketError>(() => unpublish(), { code: 'guest.not-published' });
  t.is(error?.kind, 'not-found');
});

test('a host that refuses to take a port back is named with its reason', async (t) => {
  const { publish, unpublish, published, agents } = rig(t);
  await publish({ hosts: ['a1', 'b1'] });
  agents.a1 = fail('network.nft-failed');
  const { warnings } = await unpublish();
  t.deepEqual(published(), []);
  t.deepEqual(
    warnings.map(({ message }) => message),
    ['a1 could not do it: 8080/tcp may still lead to web1 there. It says: It says network.nft-failed.'],
  );
});

for (const state of ['provisioning', 'removing', 'failed'] as const) {
  test(`a host that is ${state} is not published on by name, and not meant by every host`, async (t) => {
    const { publish, published, store } = rig(t);
    store.hosts.update('c1', { state });
    await t.throwsAsync(() => publish({ hosts: ['a1', 'c1'] }), {
      code: 'host.not-ready',
      message: /^c1 is/,
    });
    t.deepEqual(published(), []);
    t.deepEqual((await publish({})).warnings, []);
  });
}

test('a host that is gone is no longer named, and what was on it alone is gone', async (t) => {
  const { publish, published, store } = rig(t);
  await publish({ port: 1, hosts: ['b1'] });
  await publish({ port: 2, hosts: ['a1', 'b1'] });
  await publish({ port: 3 });
  for (const again of [1, 2]) {
    forgetHost(store, 'b1');
    const left = published().map(({ port, hosts }) => [port, hosts]);
    t.deepEqual(
      left,
      [
        [2, ['a1']],
        [3, null],
      ],
      `${again}`,
    );
  }
});

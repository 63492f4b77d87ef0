import test from 'ava';
import { createClient } from '../../src/api-client/client.ts';
import { BlanketError } from '../../src/wire/errors.ts';
import { fakeControl, guest, host, notFound } from './fake-control.ts';

const error = (code: string) => ({ instanceOf: BlanketError, code });

test('a call fills path, query and body from the contract and gives the checked answer', async (t) => {
  const fake = await fakeControl(t, {
    'host.show': ({ params }) => host(params.name ?? ''),
    'guest.remove': () => {
      throw notFound('guest gone');
    },
    'image.remove': () => null,
  });
  const client = createClient(fake.socket);
  t.deepEqual(await client.call('host.show', { params: { name: 'east-1' } }), host('east-1'));
  t.deepEqual(await client.call('image.remove', { params: { name: 'lan' } }), {});
  await t.throwsAsync(client.call('guest.remove', { params: { name: 'web1' }, query: { force: 'true' } }));
  t.deepEqual(
    fake.asked.map(({ route, params, query }) => [route, { ...params }, { ...query }]),
    [
      ['host.show', { name: 'east-1' }, {}],
      ['image.remove', { name: 'lan' }, {}],
      ['guest.remove', { name: 'web1' }, { force: 'true' }],
    ],
  );
});

test("control's problem is thrown as it was, causes and all", async (t) => {
  const fake = await fakeControl(t, {
    'guest.show': () => {
      const cause = new Error('outer', { cause: new Error('inner') });
      throw new BlanketError('guest.odd', 'It is odd.', {
        ...{ kind: 'blocked', next: 'Look.', data: { guest: 'web1' }, cause },
      });
    },
  });
  const thrown = await t.throwsAsync<BlanketError>(
    createClient(fake.socket).call('guest.show', { params: { name: 'web1' } }),
    error('guest.odd'),
  );
  t.like(thrown, { kind: 'blocked', next: 'Look.', data: { guest: 'web1' } });
  const outer = thrown?.cause;
  t.is(outer instanceof Error && outer.cause instanceof Error && outer.cause.message, 'inner');
});

test('what control would refuse is refused before it is sent', async (t) => {
  const fake = await fakeControl(t);
  const client = createClient(fake.socket);
  const thrown = await t.throwsAsync<BlanketError>(
    client.call('network.create', { body: { name: 'lan', subnet: '10.77.0.0' } }),
    error('request.invalid'),
  );
  t.is(thrown?.kind, 'usage');
  t.regex(thrown?.message ?? '', /subnet/);
  t.deepEqual(fake.asked, []);
});

for (const [what, code, body] of [
  ['text instead of JSON', 200, '<html>'],
  ['JSON outside the contract', 200, '{"name": 7}'],
  ['an error without a problem', 502, 'Bad Gateway'],
  ['an error with half a problem', 500, '{"code": "x"}'],
] as const) {
  test(`${what} is a bad answer`, async (t) => {
    const fake = await fakeControl(t, {
      'guest.show': (_, reply) => reply.code(code).type('text/plain').send(body),
    });
    const call = createClient(fake.socket).call('guest.show', { params: { name: 'web1' } });
    const thrown = await t.throwsAsync<BlanketError>(call, error('control.bad-answer'));
    t.is(thrown?.data?.status, code);
  });
}

test('an absent socket and one that nobody answers are both "not running"', async (t) => {
  const fake = await fakeControl(t);
  await t.throwsAsync(createClient(`${fake.socket}.none`).call('status'), error('control.not-running'));
  await fake.stop();
  await t.throwsAsync(createClient(fake.socket).call('status'), error('control.not-running'));
});

test('a connection that breaks under the call is lost, not silent', async (t) => {
  const fake = await fakeControl(t, { status: (_, reply) => reply.raw.destroy() });
  await t.throwsAsync(createClient(fake.socket).call('status'), error('control.connection-lost'));
});

test('a silent control is given up after the bound, and sooner by the caller', async (t) => {
  const fake = await fakeControl(t, { status: () => new Promise(() => undefined) });
  const client = createClient(fake.socket);
  const late = await t.throwsAsync<BlanketError>(
    client.call('status', {}, { timeoutMs: 50 }),
    error('control.no-answer'),
  );
  t.is(late?.kind, 'timed-out');
  const signal = AbortSignal.timeout(20);
  await t.throwsAsync(client.call('status', {}, { signal }), error('client.aborted'));
});

test('what is missing in a guest is seen in every field', async (t) => {
  const { uuid: _, ...rest } = guest('web1');
  const fake = await fakeControl(t, { 'guest.list': () => [rest] });
  const thrown = await t.throwsAsync(createClient(fake.socket).call('guest.list'));
  t.regex(thrown?.message ?? '', /0\.uuid/);
});

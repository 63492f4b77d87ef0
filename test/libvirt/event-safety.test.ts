/** Events that nobody expects, that are newer than this client, or that make no sense, break nothing. */
import { once } from 'node:events';
import { setImmediate as tick } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { ConnectOptions } from '../../src/libvirt/connect.ts';
import { XdrError } from '../../src/libvirt/errors.ts';
import { messageTypes, programs, statuses } from '../../src/libvirt/frame.ts';
import { connectCalls } from '../../src/libvirt/procedures/connect.ts';
import { domainCalls } from '../../src/libvirt/procedures/domain.ts';
import { eventCalls } from '../../src/libvirt/procedures/events.ts';
import { typedParameters } from '../../src/libvirt/typed-parameters.ts';
import { domainHandle as domainCodec } from '../../src/libvirt/wire-structures.ts';
import { encode, int32 } from '../../src/libvirt/xdr.ts';
import { type Client, connected, domainHandle } from './scripted-daemon.ts';

const lifecycle = 318;
const jobCompleted = 363;
const callback = 5;

const words = (...values: number[]): Buffer => Buffer.concat(values.map((value) => encode(int32, value)));
const event = (to: number, ...rest: Buffer[]): Buffer =>
  Buffer.concat([words(to), encode(domainCodec, domainHandle), ...rest]);

const say = (client: Client, procedure: number, payload: Buffer, more = {}) =>
  client.send({ type: messageTypes.message, procedure, payload, ...more });

async function subscribed(t: ExecutionContext, options: Partial<ConnectOptions> = {}) {
  const { connection, client } = await connected(t, options);
  const seen: string[] = [];
  const subscribing = connection.events.on('lifecycle', (lived) => {
    seen.push(`${lived.event} ${lived.detail}`);
  });
  const { connectDomainEventCallbackRegisterAny: register } = eventCalls;
  client.reply(await client.call(register), register, { callback });
  await subscribing;
  /** Shows that the connection lives, after all that was sent before. */
  const lives = async () => {
    const call = connection.hostname();
    client.reply(await client.call(connectCalls.connectGetHostname), connectCalls.connectGetHostname, 'h');
    t.is(await call, 'h');
  };
  return { connection, client, seen, lives };
}

test('unknown events, unknown subscriptions and additional fields are no problem', async (t) => {
  const { client, seen, lives } = await subscribed(t, { onProblem: (problem) => t.fail(problem.message) });
  say(client, 9_999, Buffer.alloc(0));
  say(client, 0x7fff_ffff, Buffer.alloc(8, 0xff));
  say(client, lifecycle, event(callback + 1, words(2, 0)));
  say(client, 7, Buffer.alloc(8, 0xff), { program: programs.qemu });
  say(client, lifecycle, Buffer.concat([event(callback, words(2, 0)), Buffer.alloc(40, 0xff)]));
  say(client, lifecycle, event(callback, words(77, 0)));
  say(client, lifecycle, event(callback, words(5, 99)));
  await lives();
  t.deepEqual(seen, ['started booted', 'unknown unknown', 'stopped unknown']);
});

test('an event that makes no sense is dropped and reported; those around it are delivered', async (t) => {
  const problems: XdrError[] = [];
  const { client, seen, lives } = await subscribed(t, { onProblem: (problem) => problems.push(problem) });
  say(client, lifecycle, event(callback, words(2, 0)));
  say(client, lifecycle, event(callback, words(2)));
  say(client, lifecycle, Buffer.alloc(0));
  say(client, lifecycle, event(callback, words(2, 0)), { status: statuses.error });
  say(client, lifecycle, event(callback, words(3, 0)));
  await lives();
  t.deepEqual(seen, ['started booted', 'suspended paused']);
  t.deepEqual(
    problems.map(({ message }) => message),
    [
      "libvirt's event 318 was dropped: detail: The message ends after 36 of at least 40 bytes.",
      "libvirt's event 318 was dropped: callback: The message ends after 0 of at least 4 bytes.",
      "libvirt's event 318 was dropped: its status is 1",
    ],
  );
  t.true(problems.every((problem) => problem instanceof XdrError && problem.cause instanceof XdrError));
});

const unknownType = (): Buffer => {
  const parameters = encode(typedParameters, [{ field: 'a', type: 'int', value: 1 }]);
  parameters.writeInt32BE(8, 12);
  return parameters;
};

test('a parameter of an unknown type costs its event, or its call, and no more', async (t) => {
  const problems: XdrError[] = [];
  const { connection, client, lives } = await subscribed(t, { onProblem: (each) => problems.push(each) });
  say(client, jobCompleted, event(callback, unknownType()));
  const stats = connection.domain(domainHandle).jobStats();
  const { serial, procedure } = await client.call(domainCalls.domainGetJobStats);
  const payload = Buffer.concat([words(1), unknownType()]);
  client.send({ type: messageTypes.reply, serial, procedure, payload });
  await t.throwsAsync(stats, { instanceOf: XdrError, message: /"a" has the unknown type 8/ });
  await lives();
  t.regex(problems[0]?.message ?? '', /^libvirt's event 363 was dropped: .*"a" has the unknown type 8/);
});

test('without a listener, a dropped event is a warning of the process', async (t) => {
  const { client, lives } = await subscribed(t);
  const warned = once(process, 'warning');
  let warnings = 0;
  const count = () => {
    warnings += 1;
  };
  process.on('warning', count);
  for (let time = 0; time < 3; time += 1) say(client, lifecycle, Buffer.alloc(4));
  await lives();
  const [warning] = await warned;
  t.regex(String(warning), /XdrError: libvirt's event 318 was dropped/);
  process.off('warning', count);
  t.is(warnings, 1);
});

test('events that come while a registration is under way are kept for it, within a bound', async (t) => {
  const problems: XdrError[] = [];
  const { connection, client, lives } = await subscribed(t, { onProblem: (each) => problems.push(each) });
  const seen: number[] = [];
  const subscribing = connection.events.on('lifecycle', ({ code }) => seen.push(code), {
    domain: domainHandle,
  });
  const { connectDomainEventCallbackRegisterAny: register } = eventCalls;
  while (client.received.filter(({ procedure }) => procedure === register.number).length < 2) await tick();
  say(client, lifecycle, event(callback + 1, words(3, 0)));
  for (let count = 0; count < 2_000; count += 1) say(client, lifecycle, event(callback + 2, words(2, 0)));
  const registration = client.received.findLast(({ procedure }) => procedure === register.number);
  if (registration !== undefined) client.reply(registration, register, { callback: callback + 1 });
  await subscribing;
  await lives();
  t.deepEqual(seen, [3]);
  t.is(problems.length, 2_001 - 1_024);
  t.regex(
    problems[0]?.message ?? '',
    /was dropped: libvirt sent too many events that belong to no subscription/,
  );
});

test('a hundred thousand events of other subscriptions cost nothing', async (t) => {
  const { connection, client, seen, lives } = await subscribed(t);
  const many = Array.from({ length: 1_000 }, () => event(callback + 1, words(2, 0)));
  for (let round = 0; round < 100; round += 1) {
    for (const payload of many) say(client, lifecycle, payload);
    if (client.socket.writableNeedDrain) await once(client.socket, 'drain');
  }
  await lives();
  await tick();
  t.deepEqual(seen, []);
  t.is(await Promise.race([connection.closed, Promise.resolve('open')]), 'open');
});

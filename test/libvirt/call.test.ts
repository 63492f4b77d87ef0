import test from 'ava';
import { LibvirtConnectionError, LibvirtError, XdrError } from '../../src/libvirt/errors.ts';
import { messageTypes, programs, statuses } from '../../src/libvirt/frame.ts';
import { connectCalls } from '../../src/libvirt/procedures/connect.ts';
import { eventCalls } from '../../src/libvirt/procedures/events.ts';
import { type Client, connected, domainHandle, scriptedDaemon } from './scripted-daemon.ts';

const hostnames = (client: Client) =>
  client.received.filter(({ procedure }) => procedure === connectCalls.connectGetHostname.number);

const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
};

test('a connection asks for authentication, then opens its URI', async (t) => {
  const { client } = await connected(t);
  t.deepEqual(
    client.received.map(({ procedure, serial }) => [procedure, serial]),
    [
      [66, 1],
      [1, 2],
    ],
  );
  t.regex(client.received[1]?.payload.toString('latin1') ?? '', /test:\/\/\/x/);
});

test('a daemon that wants authentication is refused', async (t) => {
  const double = await scriptedDaemon(t, (client, frame) =>
    client.reply(frame, connectCalls.authList, [1, 2]),
  );
  const error = await t.throwsAsync(double.connect(), { instanceOf: LibvirtConnectionError });
  t.is(error?.reason, 'auth');
});

test('a connection that is aborted while it opens leaves nothing behind', async (t) => {
  const double = await scriptedDaemon(t, () => undefined);
  const controller = new AbortController();
  const opening = double.connect({ signal: controller.signal });
  await until(() => double.clients[0]?.received.length === 1);
  controller.abort();
  t.is((await t.throwsAsync(opening))?.name, 'AbortError');
  await until(() => double.clients[0]?.socket.readableEnded === true);
});

test("replies find their calls in any order, and a refusal is the daemon's error", async (t) => {
  const { connection, client } = await connected(t);
  const [hostname, uri] = [connection.hostname(), connection.uri()];
  const [first, second] = [
    await client.call(connectCalls.connectGetHostname),
    await client.call(connectCalls.connectGetUri),
  ];
  client.reply(second, connectCalls.connectGetUri, 'u');
  t.is(await uri, 'u');
  client.refuse(first, 38, 'no name');
  const error = await t.throwsAsync(hostname, { instanceOf: LibvirtError });
  t.like(error, {
    code: 38,
    codeName: 'systemError',
    message: 'no name',
    procedure: 'connectGetHostname',
    level: 2,
  });
});

test('no more calls are under way than allowed; the others wait', async (t) => {
  const { connection, client } = await connected(t, { maxInFlight: 2 });
  const calls = [connection.hostname(), connection.hostname(), connection.hostname()];
  await connection.domains.list(0, { signal: AbortSignal.timeout(20) }).catch(() => undefined);
  t.is(hostnames(client).length, 2);
  for (const [index] of calls.entries()) {
    await until(() => hostnames(client).length > index);
    const frame = hostnames(client)[index];
    if (frame !== undefined) client.reply(frame, connectCalls.connectGetHostname, `h${index}`);
  }
  t.deepEqual(await Promise.all(calls), ['h0', 'h1', 'h2']);
});

test('an aborted call rejects at once, keeps its place, and its late reply is dropped', async (t) => {
  const { connection, client } = await connected(t, { maxInFlight: 1 });
  const controller = new AbortController();
  const aborted = connection.hostname({ signal: controller.signal });
  const waiting = connection.uri();
  const frame = await client.call(connectCalls.connectGetHostname);
  controller.abort(new Error('enough'));
  await t.throwsAsync(aborted, { message: 'enough' });
  t.is(client.received.at(-1), frame);
  client.reply(frame, connectCalls.connectGetHostname, 'late');
  client.reply(await client.call(connectCalls.connectGetUri), connectCalls.connectGetUri, 'u');
  t.is(await waiting, 'u');
  await t.throwsAsync(connection.hostname({ signal: AbortSignal.abort(new Error('never')) }), {
    message: 'never',
  });
});

test('a call that is aborted before it was sent is never sent', async (t) => {
  const { connection, client } = await connected(t, { maxInFlight: 1 });
  const first = connection.uri();
  const controller = new AbortController();
  const aborted = connection.hostname({ signal: controller.signal });
  controller.abort(new Error('enough'));
  await t.throwsAsync(aborted, { message: 'enough' });
  client.reply(await client.call(connectCalls.connectGetUri), connectCalls.connectGetUri, 'u');
  await first;
  await connection.close();
  t.is(hostnames(client).length, 0);
});

test('a reply that cannot be decoded fails its own call only', async (t) => {
  const { connection, client } = await connected(t);
  const [bad, good] = [connection.hostname(), connection.uri()];
  const { serial, procedure } = await client.call(connectCalls.connectGetHostname);
  client.send({ type: messageTypes.reply, serial, procedure, payload: Buffer.from('ffffffff', 'hex') });
  await t.throwsAsync(bad, { instanceOf: XdrError });
  client.reply(await client.call(connectCalls.connectGetUri), connectCalls.connectGetUri, 'u');
  t.is(await good, 'u');
});

const faults: [string, (client: Client) => void][] = [
  ['bytes that are no message', (client) => client.socket.write(Buffer.alloc(64, 0x41))],
  ['a length over the bound', (client) => client.socket.write(Buffer.from('7fffffff'.repeat(7), 'hex'))],
  ['a reply to no call', (client) => client.send({ type: messageTypes.reply, procedure: 59, serial: 999 })],
  ['a call', (client) => client.send({ type: messageTypes.call, procedure: 1 })],
  [
    'an event that cannot be decoded',
    (client) => client.send({ type: messageTypes.message, procedure: 318 }),
  ],
];

for (const [name, fault] of faults) {
  test(`${name} ends the connection, and every call with it`, async (t) => {
    const { connection, client } = await connected(t, { maxInFlight: 1 });
    const calls = [connection.hostname(), connection.uri()];
    await client.call(connectCalls.connectGetHostname);
    fault(client);
    for (const call of calls) {
      const error = await t.throwsAsync(call, { instanceOf: LibvirtConnectionError });
      t.is(error?.reason, 'protocol');
    }
    t.is((await connection.closed)?.reason, 'protocol');
  });
}

test('a daemon that goes away is told to all who wait, and to those who come later', async (t) => {
  const { connection, client } = await connected(t);
  const call = connection.hostname();
  await client.call(connectCalls.connectGetHostname);
  client.socket.destroy();
  t.is((await t.throwsAsync(call, { instanceOf: LibvirtConnectionError }))?.reason, 'closed');
  t.is((await connection.closed)?.reason, 'closed');
  await t.throwsAsync(connection.uri(), { instanceOf: LibvirtConnectionError });
  await connection.close();
});

test('a ping is answered with a pong', async (t) => {
  const { client } = await connected(t);
  client.send({ program: programs.keepalive, type: messageTypes.message, procedure: 1 });
  const pong = await client.message(({ program }) => program === programs.keepalive);
  t.like(pong, { procedure: 2, type: messageTypes.message, serial: 0, status: statuses.ok });
});

test('a daemon that answers no ping is given up', async (t) => {
  const { connection, client } = await connected(t, { keepalive: { intervalMs: 5, count: 3 } });
  const call = connection.hostname();
  t.is((await t.throwsAsync(call, { instanceOf: LibvirtConnectionError }))?.reason, 'keepalive');
  const pings = client.received.filter(({ program }) => program === programs.keepalive);
  t.is(pings.length, 3);
});

test('events that overtake the reply to their registration are not lost', async (t) => {
  const { connection, client } = await connected(t);
  const seen: string[] = [];
  const subscribing = connection.events.on('migration-iteration', ({ domain, iteration }) => {
    seen.push(`${domain.name}${iteration}`);
  });
  const frame = await client.call(eventCalls.connectDomainEventCallbackRegisterAny);
  const payload = (callback: number, iteration: number) => {
    const bytes = Buffer.alloc(4 + 8 + 16 + 4 + 4);
    bytes.writeInt32BE(callback, 0);
    bytes.writeInt32BE(1, 4);
    bytes.write(domainHandle.name, 8);
    bytes.writeInt32BE(iteration, 32);
    return bytes;
  };
  const event = (callback: number, iteration: number) =>
    client.send({ type: messageTypes.message, procedure: 359, payload: payload(callback, iteration) });
  event(5, 1);
  event(6, 2);
  client.reply(frame, eventCalls.connectDomainEventCallbackRegisterAny, { callback: 5 });
  event(5, 3);
  const subscription = await subscribing;
  await until(() => seen.length === 2);
  t.deepEqual(seen, ['d1', 'd3']);
  const stopping = subscription.stop();
  event(5, 4);
  const bye = await client.call(eventCalls.connectDomainEventCallbackDeregisterAny);
  client.reply(bye, eventCalls.connectDomainEventCallbackDeregisterAny, undefined);
  await stopping;
  t.deepEqual(seen, ['d1', 'd3']);
});

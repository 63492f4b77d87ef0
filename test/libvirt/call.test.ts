import { tracingChannel } from 'node:diagnostics_channel';
import { getEventListeners } from 'node:events';
import test from 'ava';
import { type CallTrace, serialAfter } from '../../src/libvirt/call.ts';
import { LibvirtConnectionError, LibvirtError, XdrError } from '../../src/libvirt/errors.ts';
import { messageTypes } from '../../src/libvirt/frame.ts';
import { connectCalls } from '../../src/libvirt/procedures/connect.ts';
import { eventCalls } from '../../src/libvirt/procedures/events.ts';
import { secretCalls } from '../../src/libvirt/procedures/secret.ts';
import { encode } from '../../src/libvirt/xdr.ts';
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
  const later = connection.domains.list(0, { signal: AbortSignal.timeout(20) }).catch(() => undefined);
  await until(() => hostnames(client).length === 2);
  await later;
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

test("a newer daemon's additional fields are left alone", async (t) => {
  const { connection, client } = await connected(t);
  const surplus: (number | undefined)[] = [];
  const onEnd = (message: unknown) => {
    const { procedure, surplus: bytes } = message as CallTrace;
    if (procedure.name === 'connectGetType') surplus.push(bytes);
  };
  tracingChannel('libvirt:call').subscribe({ asyncEnd: onEnd });
  const versions = connection.versions();
  for (const procedure of [connectCalls.connectGetType, connectCalls.connectGetVersion]) {
    const value = procedure === connectCalls.connectGetType ? 'Test' : 2_000_000;
    const payload = Buffer.concat([encode<unknown>(procedure.result, value), Buffer.alloc(12, 1)]);
    const { serial, procedure: number } = await client.call(procedure);
    client.send({ type: messageTypes.reply, serial, procedure: number, payload });
  }
  const library = await client.call(connectCalls.connectGetLibVersion);
  client.reply(library, connectCalls.connectGetLibVersion, 9_000_001);
  t.deepEqual(await versions, { driver: 'Test', hypervisor: '2.0.0', library: '9.0.1' });
  t.deepEqual(surplus, [12]);
});

test('what a call gives is not told to those who trace it', async (t) => {
  const { connection, client } = await connected(t);
  const told: object[] = [];
  const onEnd = (message: object) => {
    if ((message as CallTrace).procedure.name === 'secretGetValue') told.push(message);
  };
  tracingChannel('libvirt:call').subscribe({ asyncEnd: onEnd });
  const secret = { uuid: '00112233-4455-6677-8899-aabbccddeeff', usageType: 0, usageId: '' };
  const reading = connection.secrets.secret(secret).value();
  const { secretGetValue } = secretCalls;
  client.reply(await client.call(secretGetValue), secretGetValue, Uint8Array.of(1, 2, 3));
  t.deepEqual(await reading, Uint8Array.of(1, 2, 3));
  t.is(told.length, 1);
  t.is(Reflect.get(told[0] ?? {}, 'result'), undefined);
});

test('serials go round, past those in use', (t) => {
  const unused = () => false;
  t.is(serialAfter(0, unused), 1);
  t.is(serialAfter(0xffff_fffe, unused), 0xffff_ffff);
  t.is(serialAfter(0xffff_ffff, unused), 1);
  t.is(
    serialAfter(0xffff_fffe, (serial) => serial > 0xffff_fff0 || serial < 3),
    3,
  );
});

test('an aborted signal that was used for many calls keeps no listener', async (t) => {
  const { connection, client } = await connected(t);
  const { signal } = new AbortController();
  const calls = Array.from({ length: 20 }, () => connection.hostname({ signal }));
  t.true(getEventListeners(signal, 'abort').length > 0);
  for (const [index] of calls.entries()) {
    await until(() => hostnames(client).length > index);
    const frame = hostnames(client)[index];
    if (frame !== undefined) client.reply(frame, connectCalls.connectGetHostname, 'h');
  }
  await Promise.all(calls);
  await t.throwsAsync(connection.domain({ ...domainHandle, name: 'a\0b' }).suspend({ signal }), {
    instanceOf: XdrError,
  });
  t.deepEqual(getEventListeners(signal, 'abort'), []);
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

test('a connection on which no call could be sent is refused', async (t) => {
  for (const maxInFlight of [0, Number.NaN]) {
    await t.throwsAsync(connected(t, { maxInFlight }), { instanceOf: RangeError });
  }
});

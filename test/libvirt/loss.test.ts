/** Whatever ends a connection, all that wait learn of it, with its reason: calls, streams, subscribers. */
import { once } from 'node:events';
import { setImmediate as tick } from 'node:timers/promises';
import test from 'ava';
import type { Caller } from '../../src/libvirt/call.ts';
import { LibvirtConnectionError, type LostReason } from '../../src/libvirt/errors.ts';
import { encodeFrame, type Frame, messageTypes, programs, statuses } from '../../src/libvirt/frame.ts';
import { connectCalls } from '../../src/libvirt/procedures/connect.ts';
import { domainCalls } from '../../src/libvirt/procedures/domain.ts';
import { eventCalls } from '../../src/libvirt/procedures/events.ts';
import type { ByteStream } from '../../src/libvirt/stream.ts';
import { encode } from '../../src/libvirt/xdr.ts';
import { type Client, callerOf, connected, domainHandle } from './scripted-daemon.ts';

const { reply, call } = messageTypes;
const name = encode(connectCalls.connectGetHostname.result, 'h');

/** The first words of a message, one of them spoilt. */
const spoilt = (at: number, word: number): Buffer => {
  const bytes = encodeFrame({
    ...{ program: programs.remote, procedure: 1, type: reply, serial: 1, status: statuses.ok },
    payload: Buffer.alloc(64),
  });
  bytes.writeUInt32BE(word, at);
  return bytes;
};

type Fault = (client: Client, waiting: Frame) => void;
const write =
  (bytes: Buffer): Fault =>
  ({ socket }) =>
    socket.write(bytes);

const faults: Record<string, { reason: LostReason; fault: Fault }> = {
  'bytes that are no message': { reason: 'protocol', fault: write(Buffer.alloc(64, 0x41)) },
  'a length over the bound': { reason: 'protocol', fault: write(spoilt(0, 32 * 1024 * 1024 + 5)) },
  'a length under that of a header': { reason: 'protocol', fault: write(spoilt(0, 27)) },
  'an unknown program': { reason: 'protocol', fault: write(spoilt(4, 0x2000_8089)) },
  'an unknown version': { reason: 'protocol', fault: write(spoilt(8, 2)) },
  'an unknown type': { reason: 'protocol', fault: write(spoilt(16, 7)) },
  'an unknown status': { reason: 'protocol', fault: write(spoilt(24, 3)) },
  'a call': { reason: 'protocol', fault: (client) => client.send({ type: call, procedure: 1 }) },
  'a reply to no call': {
    reason: 'protocol',
    fault: (client) => client.send({ type: reply, procedure: 59, serial: 999, payload: name }),
  },
  "a reply of another procedure than the call's": {
    reason: 'protocol',
    fault: (client, { serial }) => client.send({ type: reply, procedure: 110, serial, payload: name }),
  },
  "a reply of another program than the call's": {
    reason: 'protocol',
    fault: (client, { serial, procedure }) =>
      client.send({ type: reply, program: programs.qemu, procedure, serial, payload: name }),
  },
  'a reply that is neither a result nor an error': {
    reason: 'protocol',
    fault: (client, { serial, procedure }) =>
      client.send({ type: reply, procedure, serial, status: statuses.continue, payload: name }),
  },
  'the end of the connection': { reason: 'closed', fault: ({ socket }) => socket.end() },
  'the end of the connection within a message': {
    reason: 'closed',
    fault: ({ socket }) => socket.end(spoilt(0, 92).subarray(0, 40)),
  },
};

for (const [title, { reason, fault }] of Object.entries(faults)) {
  test(`${title} fails the calls under way and the queued ones, and tells who watches`, async (t) => {
    const { connection, client } = await connected(t, { maxInFlight: 1 });
    const subscribing = connection.events.on('lifecycle', () => t.fail('There was no event.'));
    const registration = await client.call(eventCalls.connectDomainEventCallbackRegisterAny);
    client.reply(registration, eventCalls.connectDomainEventCallbackRegisterAny, { callback: 1 });
    await subscribing;
    const watching = new Promise((resolve) => connection.onClose(resolve));
    const calls = [connection.hostname(), connection.uri(), connection.capabilities()];
    fault(client, await client.call(connectCalls.connectGetHostname));
    const errors = await Promise.all(
      calls.map((waiting) => t.throwsAsync(waiting, { instanceOf: LibvirtConnectionError })),
    );
    t.is(errors[0]?.reason, reason);
    const told: unknown[] = [...errors, await watching, await connection.closed];
    for (const each of [...told, await t.throwsAsync(connection.hostname())]) t.true(each === errors[0]);
    if (!client.socket.closed) await once(client.socket, 'close'); // this end is gone as well
    await connection.close();
  });
}

test('a second reply to the same call ends the connection', async (t) => {
  const { connection, client } = await connected(t);
  const [first, second] = [connection.hostname(), connection.uri()];
  const { serial, procedure } = await client.call(connectCalls.connectGetHostname);
  for (let time = 0; time < 2; time += 1) client.send({ type: reply, procedure, serial, payload: name });
  t.is(await first, 'h');
  const error = await t.throwsAsync(second, { instanceOf: LibvirtConnectionError });
  t.is(error?.reason, 'protocol');
});

async function openConsole(caller: Caller, client: Client): Promise<{ stream: ByteStream; call: Frame }> {
  const args = { dom: domainHandle, device: undefined, flags: 0 };
  const opening = caller.openStream(domainCalls.domainOpenConsole, args);
  const opened = await client.call(domainCalls.domainOpenConsole);
  client.reply(opened, domainCalls.domainOpenConsole, undefined);
  return { stream: await opening, call: opened };
}

const endOf = async (stream: ByteStream): Promise<unknown> =>
  new Promise((resolve) => {
    stream.on('error', resolve).on('close', () => resolve(undefined));
  });

test('a framing error ends open streams and those that were being opened', async (t) => {
  const { transport, caller, client } = await callerOf(t);
  const { stream } = await openConsole(caller, client);
  const ended = endOf(stream);
  const args = { dom: domainHandle, device: 'later', flags: 0 };
  const opening = [1, 2, 3].map(() => caller.openStream(domainCalls.domainOpenConsole, args));
  while (client.received.length < 3) await tick(); // the third is queued
  client.socket.write(Buffer.alloc(64, 0x41));
  const reason = await transport.lost;
  t.is(reason.reason, 'protocol');
  t.is(await ended, reason);
  for (const waiting of opening) t.is(await t.throwsAsync(waiting), reason);
});

test('a stream that was opened just before the loss learns of it', async (t) => {
  const { transport, caller, client } = await callerOf(t);
  const opening = caller.openStream(domainCalls.domainOpenConsole, {
    ...{ dom: domainHandle, device: undefined, flags: 0 },
  });
  const { serial, procedure } = await client.call(domainCalls.domainOpenConsole);
  const opened = encodeFrame({
    ...{ program: programs.remote, procedure, serial, type: reply, status: statuses.ok },
    payload: Buffer.alloc(0),
  });
  client.socket.write(Buffer.concat([opened, Buffer.alloc(64, 0x41)]));
  t.is(await endOf(await opening), await transport.lost);
});

test('writes are called back though the connection is lost, with or without an error', async (t) => {
  const { transport, caller, client } = await callerOf(t);
  const { stream } = await openConsole(caller, client);
  const ended = endOf(stream);
  client.socket.pause();
  const before = new Promise((resolve) => stream.write(Buffer.alloc(8_000_000), resolve));
  transport.close(new LibvirtConnectionError('closed', 'Enough.'));
  await before;
  t.is(await ended, await transport.lost);
});

test('a write in the moment of the loss is called back', async (t) => {
  const { transport, caller, client } = await callerOf(t);
  const { stream } = await openConsole(caller, client);
  const ended = endOf(stream);
  transport.close(new LibvirtConnectionError('closed', 'Enough.'));
  await new Promise((resolve) => stream.write('late', resolve));
  t.is(await ended, await transport.lost);
});

import { createConnection } from 'node:net';
import { setTimeout as sleep, setImmediate as tick } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { LibvirtConnectionError } from '../../src/libvirt/errors.ts';
import { type Frame, messageTypes, programs, statuses } from '../../src/libvirt/frame.ts';
import { Keepalive } from '../../src/libvirt/keepalive.ts';
import { connectCalls } from '../../src/libvirt/procedures/connect.ts';
import { domainCalls } from '../../src/libvirt/procedures/domain.ts';
import { eventCalls } from '../../src/libvirt/procedures/events.ts';
import { Transport } from '../../src/libvirt/transport.ts';
import { type Client, connected, domainHandle, openHandshake, scriptedDaemon } from './scripted-daemon.ts';

const ping = { program: programs.keepalive, type: messageTypes.message, procedure: 1 };
const isPing = ({ program, procedure }: Frame) => program === programs.keepalive && procedure === 1;
const pings = (client: Client) => client.received.filter(isPing).length;

const answerPings = (client: Client, frame: Frame): void => {
  if (isPing(frame)) client.send({ ...ping, procedure: 2 });
  else openHandshake(client, frame);
};

/** A connection without a handshake. */
async function bare(t: ExecutionContext) {
  const double = await scriptedDaemon(t, () => undefined);
  const socket = createConnection({ path: double.socketPath });
  const transport = new Transport(socket);
  const keepalive = new Keepalive(transport);
  transport.start((frame) => {
    keepalive.sawMessage();
    keepalive.receive(frame);
  });
  while (double.clients[0] === undefined) await tick();
  return { socket, transport, keepalive, client: double.clients[0] };
}

test('a ping is answered with a pong', async (t) => {
  const { client } = await connected(t);
  client.send(ping);
  const pong = await client.message(({ program }) => program === programs.keepalive);
  t.like(pong, { procedure: 2, type: messageTypes.message, serial: 0, status: statuses.ok });
});

test('a daemon that answers no ping is given up while a call waits', async (t) => {
  const { connection, client } = await connected(t, { keepalive: { intervalMs: 5, count: 3 } });
  const error = await t.throwsAsync(connection.hostname(), { instanceOf: LibvirtConnectionError });
  t.is(error?.reason, 'keepalive');
  t.is(await connection.closed, error);
  t.true(pings(client) >= 3);
});

test('a daemon that answers no ping is given up while nobody waits', async (t) => {
  const { connection, client } = await connected(t, { keepalive: { intervalMs: 5, count: 3 } });
  t.is((await connection.closed)?.reason, 'keepalive');
  t.true(pings(client) >= 3);
});

test('a daemon that stops answering while the connection is opened is given up', async (t) => {
  const double = await scriptedDaemon(t, (client, frame) => {
    if (frame.procedure !== connectCalls.connectOpen.number) openHandshake(client, frame);
  });
  const opening = double.connect({ keepalive: { intervalMs: 5, count: 3 } });
  t.is((await t.throwsAsync(opening, { instanceOf: LibvirtConnectionError }))?.reason, 'keepalive');
});

test('a daemon that knows no keepalive is not taken for a dead one', async (t) => {
  const double = await scriptedDaemon(t, (client, frame) => {
    const { connectSupportsFeature } = connectCalls;
    if (frame.procedure !== connectSupportsFeature.number) openHandshake(client, frame);
    else client.reply(frame, connectSupportsFeature, false);
  });
  const opening = double.connect({ keepalive: { intervalMs: 60_000, count: 3 } });
  t.like(await t.throwsAsync(opening, { instanceOf: LibvirtConnectionError }), {
    reason: 'keepalive',
    message: 'The libvirt daemon knows no keepalive.',
  });
});

test('a daemon that answers pings and no call is alive', async (t) => {
  const double = await scriptedDaemon(t, answerPings);
  const connection = await double.connect({ keepalive: { intervalMs: 5, count: 20 } });
  const [client] = double.clients;
  const call = connection.hostname();
  while (client === undefined || pings(client) < 30) await sleep(5);
  client.reply(await client.call(connectCalls.connectGetHostname), connectCalls.connectGetHostname, 'h');
  t.is(await call, 'h');
});

test('a daemon that we do not read is neither asked nor given up; once we read, it is', async (t) => {
  const { transport, keepalive, client } = await bare(t);
  transport.hold();
  keepalive.start({ intervalMs: 2, count: 2 });
  await sleep(60);
  t.is(transport.lostReason, undefined);
  t.is(pings(client), 0);
  transport.letGo();
  t.is((await transport.lost).reason, 'keepalive');
  t.is(pings(client), 2);
});

test('the connection of a stream is not watched: a guest that takes no input stops its daemon from reading', async (t) => {
  const double = await scriptedDaemon(t, answerPings);
  const connection = await double.connect({ keepalive: { intervalMs: 2, count: 2 } });
  const opening = connection.domain(domainHandle).openConsole();
  while (double.clients[1] === undefined) await tick();
  const client = double.clients[1];
  client.reply(await client.call(domainCalls.domainOpenConsole), domainCalls.domainOpenConsole, undefined);
  const stream = await opening;
  client.socket.pause();
  stream.write('input');
  await sleep(60);
  t.false(stream.destroyed);
  client.socket.resume();
  await client.message(({ type }) => type === messageTypes.stream);
  t.is(pings(client), 0);
  stream.destroy();
});

test('a daemon that pings and does not read fills no memory', async (t) => {
  const { socket, client } = await bare(t);
  client.socket.pause();
  // Until the socket towards the daemon is full, each ping gets its pong.
  const burst = async () => {
    const before = socket.bytesRead;
    for (let count = 0; count < 1_000; count += 1) client.send(ping);
    while (socket.bytesRead < before + 28_000) await tick();
  };
  for (let round = 0; round < 50; round += 1) {
    await burst();
    t.true(socket.writableLength <= 28, `${socket.writableLength} bytes wait`);
  }
});

// Serial, since the double's end of the connection lives in the same, then blocked, process.
test.serial('a listener that takes long loses no event, and its daemon is not taken for dead', async (t) => {
  const double = await scriptedDaemon(t, answerPings);
  const connection = await double.connect({ keepalive: { intervalMs: 5, count: 5 } });
  const [client] = double.clients;
  if (client === undefined) throw new Error('Nobody connected.');
  const seen: number[] = [];
  const subscribing = connection.events.on('migration-iteration', ({ iteration }) => {
    seen.push(iteration);
    if (iteration % 100 === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  });
  const { connectDomainEventCallbackRegisterAny: register } = eventCalls;
  client.reply(await client.call(register), register, { callback: 1 });
  await subscribing;
  const payload = Buffer.alloc(36);
  payload.writeInt32BE(1, 0);
  const total = 1_000;
  for (let iteration = 1; iteration <= total; iteration += 1) {
    payload.writeInt32BE(iteration, 28);
    client.send({ type: messageTypes.message, procedure: 359, payload });
  }
  while (seen.length < total) await sleep(5);
  t.deepEqual(
    seen,
    Array.from({ length: total }, (_, index) => index + 1),
  );
  const call = connection.hostname();
  client.reply(await client.call(connectCalls.connectGetHostname), connectCalls.connectGetHostname, 'h');
  t.is(await call, 'h');
});

/** Streams whose daemon, reader or connection does what it should not. */
import { once } from 'node:events';
import test from 'ava';
import { LibvirtConnectionError } from '../../src/libvirt/errors.ts';
import { messageTypes, statuses } from '../../src/libvirt/frame.ts';
import { connectCalls } from '../../src/libvirt/procedures/connect.ts';
import { domainCalls } from '../../src/libvirt/procedures/domain.ts';
import { callerOf, connected, domainHandle, openHandshake, scriptedDaemon } from './scripted-daemon.ts';
import { closeOf, flood, isStream, openConsole, openSparse } from './scripted-streams.ts';

test('data that follows the end of the data is dropped', async (t) => {
  const { stream, client, say } = await openConsole(t);
  const closed = closeOf(stream);
  let text = '';
  stream.on('data', (piece: Buffer) => {
    text += piece.toString();
  });
  client.socket.cork();
  for (const [status, piece] of [
    [statuses.continue, 'all'],
    [statuses.continue],
    [statuses.continue, 'more'],
    [statuses.continue],
    [statuses.continue, 'late'],
  ] as const) {
    say(status, piece);
  }
  client.socket.uncork();
  await client.message((frame) => isStream(frame) && frame.status === statuses.ok);
  say(statuses.continue, 'later');
  say(statuses.ok);
  t.is(await closed, undefined);
  t.is(text, 'all');
});

test('an empty write is not sent: to the protocol it would be an end', async (t) => {
  const { stream, client } = await openConsole(t);
  stream.write('');
  stream.write(Buffer.alloc(0));
  await new Promise((resolve) => stream.write('x', resolve));
  const first = await client.message(isStream);
  t.is(first.payload.toString(), 'x');
  stream.destroy();
});

test('an abort that the daemon never confirms is given up, and the connection closed', async (t) => {
  const { stream, client } = await openConsole(t);
  stream.destroy();
  await client.message((frame) => isStream(frame) && frame.status === statuses.error);
  await client.call(connectCalls.connectClose);
  if (!client.socket.closed) await once(client.socket, 'close');
  t.pass();
});

test('data that comes after end(), when it cannot be stopped, is bounded', async (t) => {
  const opened = await openConsole(t);
  const { stream } = opened;
  const closed = closeOf(stream);
  let most = 0;
  stream.end();
  await flood(opened, () => {
    most = Math.max(most, stream.readableLength);
    return stream.destroyed;
  });
  t.regex(String(await closed), /LibvirtConnectionError: libvirt sent data that nobody could stop/);
  t.true(most < 10 * 1024 * 1024, `${most} bytes waited`);
});

test('data that comes before the reply is kept, within a bound', async (t) => {
  const { connection, double } = await connected(t);
  const opening = [connection, connection].map((each) => each.domain(domainHandle).openConsole());
  while (double.clients.length < 3) await new Promise((resolve) => setImmediate(resolve));
  const [polite, rude] = double.clients.slice(1);
  if (polite === undefined || rude === undefined) throw new Error('Nobody connected.');
  const call = await polite.call(domainCalls.domainOpenConsole);
  const { serial, procedure } = call;
  const payload = Buffer.from('early');
  polite.send({ type: messageTypes.stream, serial, procedure, status: statuses.continue, payload });
  polite.reply(call, domainCalls.domainOpenConsole, undefined);
  const rudeCall = await rude.call(domainCalls.domainOpenConsole);
  let pieces = 0;
  await flood({ client: rude, call: rudeCall }, () => {
    pieces += 1;
    return pieces > 200;
  });
  rude.reply(rudeCall, domainCalls.domainOpenConsole, undefined);
  const [one, other] = await Promise.all(opening);
  if (one === undefined || other === undefined) throw new Error('Not opened.');
  const failed = closeOf(other);
  t.true(other.readableLength < 10 * 1024 * 1024, `${other.readableLength} bytes wait`);
  t.regex(String(await failed), /libvirt sent data that nobody could stop/);
  const [early] = await once(one, 'data');
  t.is(String(early), 'early');
  one.destroy();
});

test('a console that is aborted while it opens is aborted at the daemon too, and keeps nothing', async (t) => {
  const { connection, double } = await connected(t);
  const controller = new AbortController();
  const opening = connection.domain(domainHandle).openConsole({}, { signal: controller.signal });
  while (double.clients[1] === undefined) await new Promise((resolve) => setImmediate(resolve));
  const client = double.clients[1];
  const call = await client.call(domainCalls.domainOpenConsole);
  controller.abort(new Error('enough'));
  client.reply(call, domainCalls.domainOpenConsole, undefined);
  await t.throwsAsync(opening, { message: 'enough' });
  if (!client.socket.closed) await once(client.socket, 'close');
});

test('who gives up opening a stream does not wait for the goodbye of its connection', async (t) => {
  const double = await scriptedDaemon(t, (client, frame) => {
    if (frame.procedure !== connectCalls.connectClose.number) openHandshake(client, frame);
  });
  const connection = await double.connect();
  const controller = new AbortController();
  const opening = connection.domain(domainHandle).openConsole({}, { signal: controller.signal });
  while (double.clients[1] === undefined) await new Promise((resolve) => setImmediate(resolve));
  const client = double.clients[1];
  await client.call(domainCalls.domainOpenConsole);
  controller.abort(new Error('enough'));
  await t.throwsAsync(opening, { message: 'enough' });
  t.false(client.socket.readableEnded); // the goodbye is still unanswered
  await client.call(connectCalls.connectClose);
});

test('a connection that is closed opens no streams', async (t) => {
  const { connection, double } = await connected(t);
  await connection.close();
  const opening = connection.domain(domainHandle).openConsole();
  const error = await t.throwsAsync(opening, { instanceOf: LibvirtConnectionError });
  t.is(error?.reason, 'closed');
  t.is(double.clients.length, 1);
});

test('of what is written nothing is sent after the stream was destroyed', async (t) => {
  const { stream, client } = await openConsole(t);
  client.socket.pause();
  const closed = closeOf(stream);
  stream.write(Buffer.alloc(64 * 1024 * 1024));
  await new Promise((resolve) => setImmediate(resolve));
  stream.destroy();
  await closed;
  client.socket.resume();
  await client.message((frame) => isStream(frame) && frame.status === statuses.error);
  await client.call(connectCalls.connectClose); // 2 s later, since nobody confirms
  const last = client.received.findLastIndex(isStream);
  t.is(client.received[last]?.status, statuses.error);
  t.true(client.received.length < 100, `${client.received.length} messages`);
});

test('a stream that is aborted while it opens on a shared connection is aborted once it is open', async (t) => {
  const { caller, client } = await callerOf(t);
  const controller = new AbortController();
  const args = { dom: domainHandle, device: undefined, flags: 0 };
  const opening = caller.openStream(domainCalls.domainOpenConsole, args, { signal: controller.signal });
  const call = await client.call(domainCalls.domainOpenConsole);
  controller.abort(new Error('enough'));
  await t.throwsAsync(opening, { message: 'enough' });
  t.deepEqual(client.received, [call]);
  client.reply(call, domainCalls.domainOpenConsole, undefined);
  const abort = await client.message((frame) => isStream(frame) && frame.status === statuses.error);
  t.is(abort.serial, call.serial);
});

test('an end that the daemon confirms and nobody asked for is an error: data may be missing', async (t) => {
  const { stream, say } = await openConsole(t);
  const closed = closeOf(stream.resume());
  say(statuses.ok);
  t.regex(String(await closed), /LibvirtConnectionError: libvirt confirmed an end that nobody asked for/);
});

test('a hole of any size leaves the process time for other things', async (t) => {
  const { stream, client, hole } = await openSparse(t);
  const closed = closeOf(stream);
  let read = 0;
  stream.on('data', (piece: Buffer) => {
    read += piece.length;
  });
  hole(Number.MAX_SAFE_INTEGER);
  while (read < 1_000_000) await new Promise((resolve) => setImmediate(resolve));
  stream.destroy();
  await client.message((frame) => isStream(frame) && frame.status === statuses.error);
  t.is(await closed, undefined);
});

test('what follows the end is dropped, though a hole delayed the end', async (t) => {
  const { stream, client, call, say, hole } = await openSparse(t);
  const closed = closeOf(stream);
  hole(200_000);
  say(Buffer.alloc(0));
  say(Buffer.from('late'));
  let read = 0;
  stream.on('data', (piece: Buffer) => {
    read += piece.length;
  });
  const { serial, procedure } = await client.message(
    (frame) => isStream(frame) && frame.status === statuses.ok,
  );
  t.is(serial, call.serial);
  client.send({ type: messageTypes.stream, serial, procedure, status: statuses.ok });
  t.is(await closed, undefined);
  t.is(read, 200_000);
});

test('a reader that destroys its stream within a hole does not hold the connection', async (t) => {
  const { stream, hole, transport } = await openSparse(t);
  const closed = closeOf(stream);
  hole(10_000_000);
  stream.once('data', () => stream.destroy());
  await closed;
  await new Promise((resolve) => setImmediate(resolve));
  t.false(transport.held);
});

test('what waits behind a hole is bounded too', async (t) => {
  const { stream, client, call, hole } = await openSparse(t);
  const closed = closeOf(stream);
  hole(Number.MAX_SAFE_INTEGER);
  stream.end();
  let pieces = 0;
  await flood({ client, call }, () => {
    pieces += 1;
    return stream.destroyed || pieces > 1_000;
  });
  t.regex(String(await closed), /libvirt sent data that nobody could stop/);
  t.true(pieces < 80, `${pieces} pieces of 256 KiB were taken`);
});

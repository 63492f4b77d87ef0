import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { LibvirtConnectionError, LibvirtError } from '../../src/libvirt/errors.ts';
import { type Frame, messageTypes, statuses } from '../../src/libvirt/frame.ts';
import { connectCalls } from '../../src/libvirt/procedures/connect.ts';
import { domainCalls } from '../../src/libvirt/procedures/domain.ts';
import { volumeCalls } from '../../src/libvirt/procedures/storage.ts';
import { streamHole } from '../../src/libvirt/stream-pieces.ts';
import { encode } from '../../src/libvirt/xdr.ts';
import { type Client, callerOf, connected, domainHandle } from './scripted-daemon.ts';

const isStream = ({ type }: Frame): boolean => type === messageTypes.stream;

type Opened = { stream: Duplex; client: Client; call: Frame; say: (status: number, text?: string) => void };

/** A console on a connection of its own; `client` is the daemon's end of it. */
async function openConsole(t: ExecutionContext): Promise<Opened> {
  const { connection, double } = await connected(t);
  const opening = connection.domain(domainHandle).openConsole();
  while (double.clients[1] === undefined) await new Promise((resolve) => setImmediate(resolve));
  const client = double.clients[1];
  const call = await client.call(domainCalls.domainOpenConsole);
  client.reply(call, domainCalls.domainOpenConsole, undefined);
  const { serial, procedure } = call;
  const say = (status: number, text = '') =>
    client.send({ type: messageTypes.stream, serial, procedure, status, payload: Buffer.from(text) });
  return { stream: await opening, client, call, say };
}

const closeOf = (stream: Duplex): Promise<Error | undefined> =>
  new Promise((resolve) => {
    let failure: Error | undefined;
    stream.on('error', (error) => {
      failure = error;
    });
    stream.on('close', () => resolve(failure));
  });

test('bytes come and go with the serial of the call, large ones in pieces', async (t) => {
  const { stream, client, call, say } = await openConsole(t);
  say(statuses.continue, 'hello ');
  say(statuses.continue, 'world');
  let text = '';
  stream.on('data', (piece: Buffer) => {
    text += piece.toString();
  });
  await new Promise<void>((resolve) => {
    stream.write(Buffer.alloc(600_000, 0x61), () => resolve());
  });
  while (text !== 'hello world' || client.received.filter(isStream).length < 3) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  const sent = client.received.filter(isStream);
  t.deepEqual(
    sent.map(({ payload, status, serial }) => [payload.length, status, serial]),
    [262_120, 262_120, 75_760].map((size) => [size, statuses.continue, call.serial]),
  );
  stream.destroy();
});

test("end() finishes with the daemon's confirmation, and closes the connection", async (t) => {
  const { stream, client, say } = await openConsole(t);
  const closed = closeOf(stream.resume());
  stream.end('bye');
  const finish = await client.message((frame) => isStream(frame) && frame.status === statuses.ok);
  t.is(finish.payload.length, 0);
  say(statuses.ok);
  t.is(await closed, undefined);
  await client.call(connectCalls.connectClose);
});

test("the daemon's end of data ends the stream on both sides", async (t) => {
  const { stream, client, say } = await openConsole(t);
  const closed = closeOf(stream.resume());
  say(statuses.continue, 'last');
  say(statuses.continue);
  await client.message((frame) => isStream(frame) && frame.status === statuses.ok);
  say(statuses.ok);
  t.is(await closed, undefined);
});

test('destroy() aborts: the daemon is told, and what still comes is dropped', async (t) => {
  const { stream, client, say } = await openConsole(t);
  const closed = closeOf(stream);
  stream.destroy();
  t.is(await closed, undefined);
  await client.message((frame) => isStream(frame) && frame.status === statuses.error);
  say(statuses.continue, 'in flight');
  say(statuses.ok);
  await client.call(connectCalls.connectClose);
});

test("the daemon's error is the stream's", async (t) => {
  const { stream, client, call } = await openConsole(t);
  const closed = closeOf(stream);
  client.refuse(call, 38, 'broken', messageTypes.stream);
  const error = await closed;
  t.true(error instanceof LibvirtError);
  t.like(error, { code: 38, message: 'broken', procedure: 'domainOpenConsole' });
});

test('an unreadable error, a hole and a lost connection each end the stream with a typed error', async (t) => {
  const endings: ((opened: Opened) => void)[] = [
    ({ say }) => say(statuses.error, 'xxx'),
    ({ client, call: { serial, procedure } }) =>
      client.send({ type: messageTypes.streamHole, serial, procedure, status: statuses.continue }),
    ({ client }) => client.socket.destroy(),
  ];
  for (const ending of endings) {
    const opened = await openConsole(t);
    const closed = closeOf(opened.stream);
    ending(opened);
    t.true((await closed) instanceof LibvirtConnectionError);
  }
});

test("a console that is refused gives the daemon's error and closes its connection", async (t) => {
  const { connection, double } = await connected(t);
  const opening = connection.domain(domainHandle).openConsole();
  while (double.clients[1] === undefined) await new Promise((resolve) => setImmediate(resolve));
  const client = double.clients[1];
  client.refuse(await client.call(domainCalls.domainOpenConsole), 55, 'in use');
  await t.throwsAsync(opening, { instanceOf: LibvirtError, message: 'in use' });
  await client.call(connectCalls.connectClose);
});

test('a reader that does not read stops the daemon, and loses nothing', async (t) => {
  const { stream, client, call } = await openConsole(t);
  const { serial, procedure } = call;
  const piece = Buffer.alloc(262_120, 0x62);
  const total = 200;
  let sent = 0;
  const pump = async () => {
    while (sent < total) {
      client.send({
        type: messageTypes.stream,
        serial,
        procedure,
        status: statuses.continue,
        payload: piece,
      });
      sent += 1;
      if (client.socket.writableNeedDrain) await once(client.socket, 'drain');
    }
    client.send({ type: messageTypes.stream, serial, procedure, status: statuses.continue });
  };
  const pumping = pump();
  // Once the socket is full and stays so, the rest of the 52 MB waits at the daemon.
  let last = -1;
  while (last !== sent) {
    last = sent;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  t.true(sent < total / 2, `${sent} of ${total} pieces were taken`);
  let read = 0;
  stream.on('data', (data: Buffer) => {
    read += data.length;
  });
  await once(stream, 'end');
  await pumping;
  t.is(read, total * piece.length);
  stream.destroy();
});

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

/** Sends pieces of 256 KiB until the other end takes no more or `until` holds. */
async function flood({ client, call }: Pick<Opened, 'client' | 'call'>, until: () => boolean): Promise<void> {
  const { serial, procedure } = call;
  const payload = Buffer.alloc(262_120, 0x62);
  while (!until() && !client.socket.destroyed) {
    client.send({ type: messageTypes.stream, serial, procedure, status: statuses.continue, payload });
    while (client.socket.writableNeedDrain && !client.socket.destroyed) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

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

/** A stream with holes, on a connection that it shares. */
async function openSparse(t: ExecutionContext) {
  const { caller, client, transport } = await callerOf(t);
  const args = { vol: { pool: 'p', name: 'v', key: 'k' }, offset: 0, length: 0, flags: 0 };
  const opening = caller.openStream(volumeCalls.storageVolDownload, args, { holes: true });
  const call = await client.call(volumeCalls.storageVolDownload);
  client.reply(call, volumeCalls.storageVolDownload, undefined);
  const { serial, procedure } = call;
  const say = (payload: Buffer, type: number = messageTypes.stream) =>
    client.send({ type, serial, procedure, status: statuses.continue, payload });
  const hole = (length: number) => say(encode(streamHole, { length, flags: 0 }), messageTypes.streamHole);
  return { stream: await opening, client, call, say, hole, transport };
}

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

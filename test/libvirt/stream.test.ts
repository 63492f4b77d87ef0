import { once } from 'node:events';
import test from 'ava';
import { LibvirtConnectionError, LibvirtError } from '../../src/libvirt/errors.ts';
import { messageTypes, statuses } from '../../src/libvirt/frame.ts';
import { connectCalls } from '../../src/libvirt/procedures/connect.ts';
import { domainCalls } from '../../src/libvirt/procedures/domain.ts';
import { connected, domainHandle } from './scripted-daemon.ts';
import { closeOf, isStream, type Opened, openConsole } from './scripted-streams.ts';

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

test('the signal that a console was opened with goes for the whole of it', async (t) => {
  const given = new AbortController();
  const { stream, client } = await openConsole(t, { signal: given.signal });
  const closed = closeOf(stream.resume());
  given.abort();
  t.is((await closed)?.name, 'AbortError');
  await client.message((frame) => isStream(frame) && frame.status === statuses.error);
});

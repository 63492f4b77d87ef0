import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { askOnce, observe } from '../../infra/demo/observer.ts';

type Answer = (request: string, socket: Socket) => string | undefined;

/** A stand-in for the guest's service; `undefined` leaves a request unanswered. */
async function serve(t: ExecutionContext, answer: Answer) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.trim().split('\n')) {
        const said = answer(line, socket);
        if (said !== undefined) socket.write(said);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { host: '127.0.0.1', port: address.port };
}

const never = new AbortController().signal;

function counting(from = 5) {
  let count = from;
  return () => {
    count += 1;
    return `${JSON.stringify({ bootId: 'b', count, persisted: count - 1, uptimeMs: count })}\n`;
  };
}

test('asks on one connection until stopped', async (t) => {
  const enough = Promise.withResolvers<void>();
  const seen = new Set<Socket>();
  const next = counting();
  let asked = 0;
  const address = await serve(t, (request, socket) => {
    t.is(request, 'count');
    seen.add(socket);
    asked += 1;
    if (asked === 5) enough.resolve();
    return next();
  });
  const observer = await observe(address, never, { pauseMs: 1 });
  await enough.promise;
  const { replies, first, last, faults } = await observer.stop();
  t.is(seen.size, 1);
  t.is(replies, asked);
  t.is(first.count, 6);
  t.is(last.count, 5 + replies);
  t.deepEqual(faults, []);
});

test('an answer may come in pieces', async (t) => {
  const next = counting();
  const address = await serve(t, (_, socket) => {
    const line = next();
    socket.write(line.slice(0, 7));
    return line.slice(7);
  });
  const observer = await observe(address, never, { pauseMs: 1 });
  t.deepEqual((await observer.stop()).first.count, 6);
});

test('a connection that breaks is a fault', async (t) => {
  const next = counting();
  const broken = Promise.withResolvers<void>();
  const address = await serve(t, (_, socket) => {
    const line = next();
    if (!line.includes('"count":8')) return line;
    socket.once('close', broken.resolve).destroy();
    return undefined;
  });
  const observer = await observe(address, never, { pauseMs: 1 });
  await broken.promise;
  const { replies, faults } = await observer.stop();
  t.is(replies, 2);
  t.regex(faults.join(' '), /connection to the guest (broke|was closed)/);
});

test('silence past the limit is a fault', async (t) => {
  const next = counting();
  const address = await serve(t, () => {
    const line = next();
    return line.includes('"count":6') ? line : undefined;
  });
  const observer = await observe(address, never, { pauseMs: 1, limitMs: 20 });
  await new Promise((resolve) => setTimeout(resolve, 60));
  t.regex((await observer.stop()).faults.join(' '), /did not answer within 20 ms/);
});

test('a first answer that is not understood ends the observing', async (t) => {
  const address = await serve(t, () => '{"count":"many"}\n');
  await t.throwsAsync(observe(address, never));
});

test('nothing listening is an error', async (t) => {
  await t.throwsAsync(observe({ host: '127.0.0.1', port: 1 }, never), { message: /ECONNREFUSED/ });
});

test('one request on its own connection', async (t) => {
  const address = await serve(t, (request) => `${JSON.stringify({ request, records: 3 })}\n`);
  t.deepEqual(await askOnce(address, 'check', never), { request: 'check', records: 3 });
});

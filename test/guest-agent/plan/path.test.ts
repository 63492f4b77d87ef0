import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import test from 'ava';
import { measureWay, openPathSink, paceOf, paceRange } from '../../../src/guest-agent/plan/path.ts';

const never = new AbortController().signal;
const LIFE_MS = 20_000;
const wish = { ms: 2_000, bytes: 2 ** 20 };

test('the pace is that of the later half', (t) => {
  const arrivals = [
    { atMs: 0, bytes: 100 },
    { atMs: 1_000, bytes: 200 },
    { atMs: 2_000, bytes: 1_000 },
    { atMs: 2_500, bytes: 2_000 },
  ];
  t.is(paceOf(arrivals), 2_000);
  t.is(paceOf([]), 0);
  t.is(paceOf([{ atMs: 5, bytes: 100 }]), 0, 'all of it at once');
});

test('how steady it is is told by the spans after the first, with the pace among them', (t) => {
  const arrivals = [
    { atMs: 0, bytes: 100 },
    { atMs: 1_000, bytes: 200 },
    { atMs: 2_000, bytes: 1_000 },
    { atMs: 3_000, bytes: 1_500 },
    { atMs: 4_000, bytes: 4_000 },
  ];
  t.is(paceOf(arrivals), 975, 'more than half of it came in one piece');
  t.deepEqual(paceRange(arrivals.slice(0, 4).concat({ atMs: 4_000, bytes: 2_500 })), {
    low: 500,
    high: 1_000,
  });
  t.deepEqual(paceRange([]), { low: 0, high: 0 });
  t.deepEqual(paceRange([{ atMs: 5, bytes: 100 }]), { low: 0, high: 0 });
});

test('a way is measured by so many bytes, and its round trip', async (t) => {
  const sink = await openPathSink('127.0.0.1', LIFE_MS);
  const reading = await measureWay({ ...sink, ...wish }, never);
  t.true(reading.bytes >= wish.bytes);
  t.true(reading.bytes < 2 * wish.bytes, `${reading.bytes}`);
  t.true(reading.rttMs > 0);
});

test('its time ends it when the bytes do not', async (t) => {
  const sink = await openPathSink('127.0.0.1', LIFE_MS);
  const reading = await measureWay({ ...sink, ms: 100, bytes: 2 ** 50 }, never);
  t.true(reading.bytesPerSecond > 0);
});

test('a sink takes one stream, and rubbish ends it', async (t) => {
  const sink = await openPathSink('127.0.0.1', LIFE_MS);
  const socket = connect({ host: sink.address, port: sink.port });
  socket.resume().write('....what?\n');
  await once(socket, 'close');
  await t.throwsAsync(measureWay({ ...sink, ...wish }, never), { code: 'plan.path' });
});

test('a sink ends by itself, also in use', async (t) => {
  const sink = await openPathSink('127.0.0.1', 50);
  const endless = { ...sink, ms: 2 ** 30, bytes: 2 ** 50 };
  await t.throwsAsync(measureWay(endless, never), { code: 'plan.path' });
  await t.throwsAsync(measureWay(endless, never), { code: 'plan.path' });
});

test('a measurement that is cancelled ends', async (t) => {
  const sink = await openPathSink('127.0.0.1', LIFE_MS);
  const cancel = new AbortController();
  const measuring = measureWay({ ...sink, ms: 2 ** 30, bytes: 2 ** 50 }, cancel.signal);
  setTimeout(() => cancel.abort(), 100);
  await t.throwsAsync(measuring, { code: 'plan.path' });
});

test('a line that is closed between two round trips ends the measurement, though there is no error', async (t) => {
  const server = createServer((socket) => {
    socket.once('data', (data) => socket.end(data));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  await t.throwsAsync(measureWay({ address: '127.0.0.1', port, ...wish }, never), { code: 'plan.path' });
});

import { once } from 'node:events';
import { connect } from 'node:net';
import test from 'ava';
import { openSink, sendTo } from '../../../src/guest-agent/conform/sink.ts';

const never = new AbortController().signal;
const LIFE_MS = 30_000;

test('what a sink counts is what was sent', async (t) => {
  const sink = await openSink('127.0.0.1', LIFE_MS);
  const flow = await sendTo({ ...sink, ms: 500 }, never);
  t.true(flow.bytes > 0);
  t.is(flow.bytes % 65_536, 0);
  t.is(flow.perSecond, (flow.bytes * 1000) / flow.ms);
});

test('a sink takes one stream', async (t) => {
  const sink = await openSink('127.0.0.1', LIFE_MS);
  await sendTo({ ...sink, ms: 500 }, never);
  await t.throwsAsync(sendTo({ ...sink, ms: 500 }, never), { code: 'conform.stream' });
});

test('a sink that nobody uses ends by itself, and one that is used too long as well', async (t) => {
  const unused = await openSink('127.0.0.1', 50);
  const used = await openSink('127.0.0.1', 50);
  const socket = connect({ host: used.address, port: used.port });
  await once(socket.resume(), 'close');
  await t.throwsAsync(sendTo({ ...unused, ms: 500 }, never), { code: 'conform.stream' });
});

test('sending ends when it is cancelled', async (t) => {
  const sink = await openSink('127.0.0.1', LIFE_MS);
  const cancel = new AbortController();
  const sending = sendTo({ ...sink, ms: 30_000 }, cancel.signal);
  setTimeout(() => cancel.abort(), 100);
  await t.throwsAsync(sending, { code: 'conform.stream' });
});

test('a sink listens on its own address only', async (t) => {
  const sink = await openSink('127.0.0.2', LIFE_MS);
  await t.throwsAsync(sendTo({ ...sink, address: '127.0.0.1', ms: 500 }, never), { code: 'conform.stream' });
  t.true((await sendTo({ ...sink, ms: 500 }, never)).bytes > 0);
});

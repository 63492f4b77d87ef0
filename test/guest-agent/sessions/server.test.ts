import { mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Duplex, duplexPair } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { WebSocket } from 'ws';
import type { Call, Handlers } from '../../../src/guest-agent/handlers.ts';
import { serve } from '../../../src/guest-agent/server.ts';
import {
  agentProtocolVersions,
  type FromAgent,
  fromAgentSchema,
  type ToAgent,
} from '../../../src/wire/agent.ts';
import { BlanketError } from '../../../src/wire/errors.ts';

type Fakes = { [name: string]: (params: never, call: Call) => Promise<unknown> };

async function serveFakes(
  t: ExecutionContext,
  fakes: Fakes,
  openConsole: (guest: string) => Promise<Duplex> = () => Promise.reject(new Error('no console')),
): Promise<string> {
  const socketPath = join(mkdtempSync(join(tmpdir(), 'blanket-agent-')), 'agent.sock');
  const handlers = fakes as unknown as Handlers; // only the named methods are called
  const gid = process.getgid?.() ?? 0;
  const server = await serve({ socketPath, gid, agent: '9.9', handlers, openConsole });
  t.teardown(() => server.close());
  return socketPath;
}

const dialled: WebSocket[] = [];
test.after.always(() => {
  for (const socket of dialled) socket.terminate();
});

/** A control that keeps what it hears. */
function dial(socketPath: string) {
  const socket = new WebSocket(`ws+unix:${socketPath}:/calls`);
  dialled.push(socket);
  const heard: FromAgent[] = [];
  const waiting: (() => void)[] = [];
  socket.on('message', (data) => {
    heard.push(fromAgentSchema.parse(JSON.parse(String(data))));
    for (const wake of waiting.splice(0)) wake();
  });
  const next = async (): Promise<FromAgent> => {
    while (heard.length === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    return heard.shift() as FromAgent;
  };
  const say = (message: ToAgent) => socket.send(JSON.stringify(message));
  const closed = new Promise<string>((resolve) =>
    socket.on('close', (code, why) => resolve(`${code} ${why}`)),
  );
  return { socket, next, say, closed };
}

async function open(socketPath: string) {
  const control = dial(socketPath);
  await control.next();
  control.say({ type: 'select', version: agentProtocolVersions[0], control: 'test' });
  return control;
}

test('the agent speaks first, and only its group may listen', async (t) => {
  const path = await serveFakes(t, {});
  t.deepEqual(await dial(path).next(), { type: 'hello', versions: [...agentProtocolVersions], agent: '9.9' });
  t.is(statSync(path).mode & 0o777, 0o660);
});

test('a call, its progress and its result', async (t) => {
  const fake = async (_params: unknown, call: Call) => {
    call.progress(50);
    return { images: [] };
  };
  const control = await open(await serveFakes(t, { 'image.list': fake }));
  control.say({ type: 'call', id: 1, method: 'image.list', params: {} });
  t.deepEqual(await control.next(), { type: 'progress', id: 1, value: 50 });
  t.deepEqual(await control.next(), { type: 'result', id: 1, value: { images: [] } });
});

test('errors arrive as problems, with code and cause', async (t) => {
  const fake = async () => {
    throw new BlanketError('image.in-use', 'It is used.', { kind: 'conflict', cause: new Error('why') });
  };
  const control = await open(await serveFakes(t, { 'image.remove': fake }));
  control.say({
    type: 'call',
    id: 1,
    method: 'image.remove',
    params: { digest: `sha256:${'0'.repeat(64)}` },
  });
  t.like(await control.next(), { problem: { code: 'image.in-use', kind: 'conflict', causes: ['why'] } });
});

test('unknown methods and wrong parameters are told apart', async (t) => {
  const control = await open(await serveFakes(t, {}));
  control.say({ type: 'call', id: 1, method: 'toString', params: {} });
  t.like(await control.next(), { id: 1, problem: { code: 'agent.unknown-method', kind: 'not-found' } });
  control.say({ type: 'call', id: 2, method: 'guest.start', params: { name: '../etc' } });
  t.like(await control.next(), { id: 2, problem: { code: 'agent.bad-params', kind: 'usage' } });
});

test('cancel reaches the call, a lost connection does not', async (t) => {
  let signal: AbortSignal | undefined;
  let started = () => {};
  const running = new Promise<void>((resolve) => {
    started = resolve;
  });
  const fake = (_params: unknown, call: Call) =>
    new Promise((_resolve, reject) => {
      signal = call.signal;
      call.signal.addEventListener('abort', () => reject(new BlanketError('x.cancelled', 'Cancelled.')));
      started();
    });
  const path = await serveFakes(t, { 'image.list': fake });
  const first = await open(path);
  first.say({ type: 'call', id: 1, method: 'image.list', params: {} });
  await running;
  first.say({ type: 'cancel', id: 1 });
  t.like(await first.next(), { id: 1, problem: { code: 'x.cancelled' } });

  const second = await open(path);
  const again = new Promise<void>((resolve) => {
    started = resolve;
  });
  second.say({ type: 'call', id: 1, method: 'image.list', params: {} });
  await again;
  second.socket.close();
  await second.closed;
  t.false(signal?.aborted);
});

for (const [what, message] of [
  ['a call before select', { type: 'call', id: 1, method: 'image.list', params: {} }],
  ['a version nobody knows', { type: 'select', version: 99, control: 'test' }],
  ['no message at all', 'hello'],
] as const) {
  test(`${what} closes the connection, saying why`, async (t) => {
    const control = dial(await serveFakes(t, {}));
    await control.next();
    control.socket.send(JSON.stringify(message));
    t.regex(await control.closed, /^1002 ./);
  });
}

test('other paths are refused', async (t) => {
  const path = await serveFakes(t, {});
  for (const bad of ['/', '/console/', '/console/..%2f', '/callsx']) {
    const socket = new WebSocket(`ws+unix:${path}:${bad}`);
    const error = await new Promise<Error>((resolve) => socket.on('error', resolve));
    t.regex(error.message, /404/);
  }
});

test('a console carries bytes both ways, and closing it ends the stream', async (t) => {
  const [console, guest] = duplexPair();
  const path = await serveFakes(t, {}, async () => console);
  const socket = new WebSocket(`ws+unix:${path}:/console/traveller`);
  await new Promise((resolve) => socket.on('open', resolve));
  socket.send(Buffer.from([0, 255]));
  t.deepEqual(await new Promise((resolve) => guest.once('data', resolve)), Buffer.from([0, 255]));
  const heard = new Promise((resolve) => socket.on('message', resolve));
  guest.write(Buffer.from([1, 254]));
  t.deepEqual(await heard, Buffer.from([1, 254]));
  const ended = new Promise((resolve) => console.on('close', resolve));
  socket.close();
  await ended;
  t.true(console.destroyed);
});

test('a console that cannot be opened says why', async (t) => {
  const path = await serveFakes(t, {}, () =>
    Promise.reject(new BlanketError('guest.not-found', 'There is no guest.')),
  );
  const socket = new WebSocket(`ws+unix:${path}:/console/nobody`);
  const why = await new Promise((resolve) =>
    socket.on('close', (code, reason) => resolve(`${code} ${reason}`)),
  );
  t.is(why, '1011 guest.not-found: There is no guest.');
});

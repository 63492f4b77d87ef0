/** Control's end of the wire, against an agent's end that is made to fail. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import { type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { AgentLink } from '../../src/control/agents/agent-link.ts';
import { inOperation } from '../../src/control/operations/current.ts';
import { agentProtocolVersions, type FromAgent, type ToAgent, toAgentSchema } from '../../src/wire/agent.ts';
import type { BlanketError } from '../../src/wire/errors.ts';

type Context = { directory: string; server: Server; socket: string; peers: WebSocket[] };
const test = anyTest as TestFn<Context>;

const hello: FromAgent = { type: 'hello', versions: [...agentProtocolVersions], agent: '9.9.9' };

test.beforeEach(async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'blanket-test-'));
  const server = createServer();
  t.context = { directory, server, socket: join(directory, 'agent.sock'), peers: [] };
  await new Promise<void>((resolve) => server.listen(t.context.socket, resolve));
});

test.afterEach.always(async (t) => {
  for (const peer of t.context.peers) peer.terminate();
  t.context.server.close();
  await rm(t.context.directory, { recursive: true });
});

/** An agent that says `greeting` and then does as told with each message. */
function agent(
  t: ExecutionContext<Context>,
  act: (message: ToAgent, peer: WebSocket) => void,
  greeting = hello,
) {
  new WebSocketServer({ server: t.context.server }).on('connection', (peer) => {
    t.context.peers.push(peer);
    peer.on('message', (data) => act(toAgentSchema.parse(JSON.parse(String(data))), peer));
    peer.send(JSON.stringify(greeting));
  });
  return AgentLink.open('a1', connect(t.context.socket));
}

const tell = (peer: WebSocket, message: FromAgent) => peer.send(JSON.stringify(message));

/** As long as a WireGuard key. */
const key = (id: number): string => `${String(id).padStart(43, 'A')}=`;

test('a call is answered, with progress on the way', async (t) => {
  const link = await agent(t, (message, peer) => {
    if (message.type !== 'call') return;
    tell(peer, { type: 'progress', id: message.id, value: 1 });
    tell(peer, { type: 'result', id: message.id, value: { publicKey: key(0) } });
  });
  const seen: unknown[] = [];
  const onProgress = (value: unknown) => void seen.push(value);
  t.deepEqual(await link.call('tunnel.identity', {}, { onProgress }), { publicKey: key(0) });
  t.deepEqual(seen, [1]);
  t.is(link.agentVersion, '9.9.9');
});

test('a call names the operation that it is made for, and none where there is none', async (t) => {
  const named: (string | undefined)[] = [];
  const link = await agent(t, (message, peer) => {
    if (message.type !== 'call') return;
    named.push(message.operation);
    tell(peer, { type: 'result', id: message.id, value: { publicKey: key(0) } });
  });
  await link.call('tunnel.identity', {});
  await inOperation('op-1', async () => {
    await Promise.resolve();
    await link.call('tunnel.identity', {});
  });
  t.deepEqual(named, [undefined, 'op-1']);
});

test('answers may come out of order', async (t) => {
  const calls: (ToAgent & { type: 'call' })[] = [];
  const link = await agent(t, (message, peer) => {
    if (message.type !== 'call' || calls.push(message) < 2) return;
    for (const { id } of [...calls].reverse()) {
      tell(peer, { type: 'result', id, value: { publicKey: key(id) } });
    }
  });
  const [a, b] = await Promise.all([link.call('tunnel.identity', {}), link.call('tunnel.identity', {})]);
  t.deepEqual([a.publicKey, b.publicKey], [key(1), key(2)]);
});

test("an agent's problem arrives as the error it was", async (t) => {
  const problem = {
    code: 'guest.exists',
    kind: 'conflict',
    message: 'It is there.',
    causes: ['Why.'],
  } as const;
  const link = await agent(t, (message, peer) => {
    if (message.type === 'call')
      tell(peer, { type: 'error', id: message.id, problem: { ...problem, causes: ['Why.'] } });
  });
  const error = await t.throwsAsync(link.call('tunnel.identity', {}), { code: 'guest.exists' });
  t.like(error, { kind: 'conflict', cause: { message: 'Why.' } });
});

test('an answer of the wrong shape is rubbish, not a value', async (t) => {
  const link = await agent(t, (message, peer) => {
    if (message.type === 'call') tell(peer, { type: 'result', id: message.id, value: { publicKey: 5 } });
  });
  await t.throwsAsync(link.call('tunnel.identity', {}), { code: 'agent.bad-answer' });
});

test('progress that cannot be understood ends the call, and nothing else', async (t) => {
  const link = await agent(t, (message, peer) => {
    if (message.type !== 'call') return;
    if (message.method === 'tunnel.configure')
      tell(peer, { type: 'progress', id: message.id, value: 'much' });
    else tell(peer, { type: 'result', id: message.id, value: { publicKey: key(2) } });
  });
  const onProgress = (value: unknown) => void z.number().parse(value);
  const wish = { address: '10.0.0.1', prefix: 24, port: 1, mtu: 1420, key: null, peers: [] };
  await t.throwsAsync(link.call('tunnel.configure', wish, { onProgress }), { code: 'agent.bad-answer' });
  t.is((await link.call('tunnel.identity', {})).publicKey, key(2));
});

for (const [what, strike] of [
  ['goes away', (peer: WebSocket) => peer.terminate()],
  ['talks nonsense', (peer: WebSocket) => peer.send('{"type":"what"}')],
  ['sends no JSON', (peer: WebSocket) => peer.send('hello')],
] as const) {
  test(`all calls fail when the agent ${what}`, async (t) => {
    const link = await agent(t, (message, peer) => message.type === 'call' && strike(peer));
    await t.throwsAsync(link.call('tunnel.identity', {}), { code: 'agent.lost' });
    await link.closed;
    await t.throwsAsync(link.call('tunnel.identity', {}), { code: 'agent.lost' });
  });
}

test('a call that is not answered in time is cancelled', async (t) => {
  const cancelled = Promise.withResolvers<number>();
  const link = await agent(t, (message) => message.type === 'cancel' && cancelled.resolve(message.id));
  const call = link.call('tunnel.identity', {}, { timeoutMs: 30 });
  await t.throwsAsync(call, { code: 'agent.timed-out' });
  t.is(await cancelled.promise, 1);
});

test('a cancelled call ends as the agent says', async (t) => {
  const abort = new AbortController();
  const problem = { code: 'migrate.cancelled', kind: 'cancelled', message: 'Stopped.' } as const;
  const link = await agent(t, (message, peer) => {
    if (message.type === 'call') abort.abort();
    if (message.type === 'cancel') tell(peer, { type: 'error', id: message.id, problem });
  });
  const call = link.call('tunnel.identity', {}, { signal: abort.signal });
  await t.throwsAsync(call, { code: 'migrate.cancelled' });
});

test('no version in common is told with both, and with what to do', async (t) => {
  const opening = agent(t, () => undefined, { ...hello, versions: [7, 8] });
  const error = await t.throwsAsync(opening, { code: 'agent.version', message: /7, 8.*control 2/ });
  t.like(error, { data: { agent: [7, 8], control: [2] } });
  t.regex((error as BlanketError).next ?? '', /remove a1 and provision it again/);
});

test('an agent from before firewalls and relays is not taken for one of today', async (t) => {
  await t.throwsAsync(
    agent(t, () => undefined, { ...hello, versions: [1] }),
    { code: 'agent.version' },
  );
});

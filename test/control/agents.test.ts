import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { WebSocketServer } from 'ws';
import { Agents, sshUser } from '../../src/control/agents/agents.ts';
import { makeKeyPair } from '../../src/control/ssh/ssh-link.ts';
import type { Store } from '../../src/control/store/store.ts';
import { agentProtocolVersions, toAgentSchema } from '../../src/wire/agent.ts';
import { type FakeMachine, fakeMachine } from './clouds/fake-machine.ts';

async function agentsOf(t: ExecutionContext): Promise<{ agents: Agents; machine: FakeMachine }> {
  const machine = await fakeMachine(t, 'a1');
  machine.machine.user = sshUser;
  const { host, port, hostKey } = machine.machine;
  const record = { ssh: { host, port }, hostKeyPublic: hostKey };
  const store = { hosts: { get: () => record } } as unknown as Store;
  const agents = new Agents(store, { ...makeKeyPair('control'), file: '/nowhere' });
  t.teardown(() => agents.closeAll());
  return { agents, machine };
}

test('all who ask at once and later share one connection', async (t) => {
  const { agents, machine } = await agentsOf(t);
  const [one, two] = await Promise.all([agents.ssh('a1'), agents.ssh('a1')]);
  t.is(one, two);
  await one?.exec('first');
  t.is(await agents.ssh('a1'), one);
  t.is(machine.connections, 1);
});

test('a connection that has ended is made anew', async (t) => {
  const { agents, machine } = await agentsOf(t);
  const one = await agents.ssh('a1');
  one.close();
  await one.closed;
  await sleep(0);
  const two = await agents.ssh('a1');
  await two.exec('again');
  t.is(machine.connections, 2);
});

test('a host that is forgotten is left, and one that refuses is asked again', async (t) => {
  const { agents, machine } = await agentsOf(t);
  const one = await agents.ssh('a1');
  agents.forget('a1');
  await one.closed;
  machine.machine.user = 'somebody-else';
  t.like(await t.throwsAsync(agents.ssh('a1')), { code: 'ssh.unreachable' });
  machine.machine.user = sshUser;
  await t.notThrowsAsync(agents.ssh('a1'));
});

test('a command that was cut off is a lost connection, one that fails is not', async (t) => {
  const { agents, machine } = await agentsOf(t);
  const link = await agents.ssh('a1');
  machine.answer = () => ({ stdout: '', code: 3 });
  t.like(await t.throwsAsync(link.exec('false')), { code: 'ssh.command-failed' });
  machine.answer = () => 'cut off';
  t.like(await t.throwsAsync(link.exec('cut')), { code: 'ssh.lost' });
});

test('a host without an agent keeps the connection that others work with, and only that', async (t) => {
  const { agents, machine } = await agentsOf(t);
  const status = () => agents.call('a1', 'host.status', {});
  const shared = await agents.ssh('a1');
  await t.throwsAsync(status());
  t.is(await agents.ssh('a1'), shared);
  await t.notThrowsAsync(shared.exec('apt-get install'));
  agents.forget('a1');
  await t.throwsAsync(status()); // the connection is its own
  await agents.ssh('a1');
  t.is(machine.connections, 3);
});

/** An agent on the machine that answers nothing; the methods that it was asked for. */
async function listening(t: ExecutionContext, machine: FakeMachine): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'blanket-agents-'));
  machine.agent = join(directory, 'agent.sock');
  const server = createServer();
  const asked: string[] = [];
  new WebSocketServer({ server }).on('connection', (peer) => {
    peer.on('message', (data) => {
      const message = toAgentSchema.parse(JSON.parse(String(data)));
      if (message.type === 'call') asked.push(message.method);
    });
    peer.send(JSON.stringify({ type: 'hello', versions: [...agentProtocolVersions], agent: '9.9.9' }));
  });
  await new Promise<void>((resolve) => server.listen(machine.agent, resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
    return rm(directory, { recursive: true });
  });
  return asked;
}

test('a call whose caller gave up while the connection was made is not sent any more', async (t) => {
  const { agents, machine } = await agentsOf(t);
  const asked = await listening(t, machine);
  const abort = new AbortController();
  const stale = agents.call('a1', 'network.remove', { name: 'lan' }, { signal: abort.signal });
  abort.abort();
  void agents.call('a1', 'host.status', {}).catch(() => undefined); // ends with the test
  const ended = stale.catch(({ name }: Error) => name);
  while (!asked.includes('host.status')) await sleep(1);
  t.deepEqual(asked, ['host.status']);
  t.is<unknown, string>(await ended, 'AbortError');
});

test('what a command prints is passed on as it comes', async (t) => {
  const { agents, machine } = await agentsOf(t);
  machine.answer = () => ({ stdout: 'zwölf\n', code: 0 });
  const pieces: string[] = [];
  const link = await agents.ssh('a1');
  t.is(await link.exec('x', { onOutput: (text) => pieces.push(text) }), 'zwölf\n');
  t.is(pieces.join(''), 'zwölf\n');
});

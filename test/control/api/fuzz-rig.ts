/** The real server on a Unix socket over a real store. Flows end at once, and agents answer little: some not at all. */
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { ExecutionContext } from 'ava';
import { pino } from 'pino';
import type { Agents } from '../../../src/control/agents/agents.ts';
import { makeServer } from '../../../src/control/api/server.ts';
import { Operations } from '../../../src/control/operations/operations.ts';
import type { Services } from '../../../src/control/services.ts';
import { controlKey } from '../../../src/control/ssh/keys.ts';
import { openStore, type Store } from '../../../src/control/store/store.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import { operationKinds } from '../../../src/wire/resources.ts';
import { recordedAs } from '../../blanket-drivers/machines.ts';
import { guestRecord } from '../fleet/rig.ts';
import { hostRecord } from '../host-record.ts';
import { networkRecord } from '../network-record.ts';

/** What a fuzzer does well to name, because it is there. */
export const knownNames = ['a1', 'b1', 'c1', 'web1', 'web2', 'lan', 'micro', 'east', 'data'];

const createdAt = '2026-01-02T03:04:05.000Z';
const digest = `sha256:${'a'.repeat(64)}`;

/** What the agents know to say; to all else they are silent until control gives up. */
const answers: Readonly<Record<string, unknown>> = {
  'engine.cpu': { vendor: 'AMD', model: 'EPYC', features: ['svm'], lacks: [], faulty: [] },
  'facts.read': recordedAs('vmware-esxi-bios').facts,
  'network.apply': {},
  'network.remove': {},
  'network.forward': {},
  'tunnel.configure': {},
  'disk.list': { disks: [] },
};

const agents = {
  async call(host: string, method: string) {
    if (host === 'c1') throw new BlanketError('ssh.unreachable', `${host} does not answer.`);
    if (method in answers) return answers[method];
    throw new BlanketError('agent.timed-out', `${host} did not answer ${method}.`, { kind: 'timed-out' });
  },
  async console(host: string) {
    throw new BlanketError('ssh.unreachable', `${host} does not answer.`);
  },
  forget: () => undefined,
} as unknown as Agents;

const machine = {
  ...{ name: 'metal', host: '192.0.2.1', user: 'root', identityFile: '/nowhere' },
  hostKey: `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5${'A'.repeat(48)}`,
};

function fill(store: Store): void {
  store.clouds.insert({ name: 'east', type: 'ssh', config: { machines: [machine] }, createdAt });
  for (const [i, name] of ['a1', 'b1', 'c1'].entries()) {
    const address = `192.0.2.${i + 1}`;
    store.hosts.insert(hostRecord(name, i + 1, { tunnelKey: 'k', address, subnets: [] }));
  }
  store.networks.insert(networkRecord('lan', '10.77.0.0/24', 100));
  store.images.insert({ name: 'micro', digest, bytes: 1, virtualBytes: 1, createdAt });
  store.guests.insert(guestRecord('web1', 'a1'));
  store.guests.insert(guestRecord('web2', 'b1', { state: 'stopped' }));
}

export type Sent = {
  method: string;
  /** As it goes over the wire. */
  path: string;
  headers?: Record<string, string>;
  body?: string;
};
export type Answered = { status: number; headers: Record<string, unknown>; body: string };

export async function fuzzRig(t: ExecutionContext) {
  const directory = mkdtempSync(join(tmpdir(), 'blanket-fuzz-'));
  const store = openStore(join(directory, 'control.db'));
  fill(store);
  const log = pino({ level: 'silent' });
  const operations = new Operations(store, log);
  for (const kind of operationKinds) {
    operations.define({ kind, phases: [], afterRestart: 'undo', undoneState: 'failed' });
  }
  const key = await controlKey(directory);
  const services: Services = { store, operations, agents, key, paths: { state: directory }, log };
  const server = await makeServer(services, log);
  const socket = join(directory, 'control.sock');
  await server.listen({ path: socket });
  t.teardown(async () => {
    await server.close();
    store.close();
    rmSync(directory, { recursive: true });
  });
  return { send: (sent: Sent) => send(socket, sent), sendRaw: (bytes: string) => sendRaw(socket, bytes) };
}
export type FuzzRig = Awaited<ReturnType<typeof fuzzRig>>;

function send(socketPath: string, { method, path, headers = {}, body }: Sent): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const sent = request({
      socketPath,
      method,
      path,
      headers: { host: 'control', ...headers },
      agent: false,
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      const { statusCode: status = 0, headers: told } = response;
      text(response).then((answer) => resolve({ status, headers: told, body: answer }), reject);
    });
    sent.end(body);
  });
}

/** All that the server says before it closes the connection. */
function sendRaw(path: string, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path }, () => socket.write(bytes, 'latin1'));
    let said = '';
    socket.setEncoding('utf8');
    socket.on('data', (piece: string) => {
      said += piece;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(said));
  });
}

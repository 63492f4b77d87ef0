/** A real HTTP server on a Unix socket that answers the contract's routes as a test says. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { type WebSocket, WebSocketServer } from 'ws';
import { api, type RouteName } from '../../src/wire/api.ts';
import { portableCpu } from '../../src/wire/cpu.ts';
import { BlanketError, type Problem, statusOf, toProblem } from '../../src/wire/errors.ts';
import { noMetadata } from '../../src/wire/network.ts';
import type { Guest, Host, Operation } from '../../src/wire/resources.ts';

export type Asked = {
  route: RouteName;
  params: Record<string, string>;
  query: Record<string, string>;
  body: unknown;
};
type Handler = (asked: Asked, reply: FastifyReply) => unknown;
export type Handlers = Partial<Record<RouteName, Handler>>;

export type FakeControl = {
  directory: string;
  socket: string;
  asked: Asked[];
  handlers: Handlers;
  onConsole: (console: WebSocket) => void;
  start(): Promise<void>;
  stop(): Promise<void>;
};

/** Listens until the test ends; `stop` and `start` play a control that restarts. */
export async function fakeControl(t: ExecutionContext, handlers: Handlers = {}): Promise<FakeControl> {
  const directory = await mkdtemp(join(tmpdir(), 'blanket-fake-'));
  let server: FastifyInstance | undefined;
  const fake: FakeControl = {
    directory,
    socket: join(directory, 'control.sock'),
    asked: [],
    handlers: { status: () => status, ...handlers },
    onConsole: (console) => console.close(4000, 'No console here.'),
    async start() {
      server = makeServer(fake);
      await server.listen({ path: fake.socket });
    },
    async stop() {
      server?.server.closeAllConnections();
      await server?.close();
      server = undefined;
    },
  };
  await fake.start();
  t.teardown(async () => {
    await fake.stop();
    await rm(directory, { recursive: true });
  });
  return fake;
}

function makeServer(fake: FakeControl): FastifyInstance {
  const http = createServer();
  const consoles = new WebSocketServer({ server: http });
  consoles.on('connection', (console) => fake.onConsole(console));
  const server = fastify({
    forceCloseConnections: true,
    serverFactory: (handle) => http.on('request', handle),
  }) as unknown as FastifyInstance;
  server.addHook('preClose', async () => {
    for (const console of consoles.clients) console.terminate();
  });
  for (const name of Object.keys(api) as RouteName[]) {
    const { method, path, status: code } = api[name];
    server.route({
      method,
      url: path,
      async handler({ params, query, body }, reply) {
        const asked = { route: name, params, query, body } as Asked;
        fake.asked.push(asked);
        const result = await answer(fake, asked, reply);
        return reply.sent ? reply : reply.code(code).send(code === 204 ? null : result);
      },
    });
  }
  server.setErrorHandler((error, _, reply) => {
    const problem = toProblem(error);
    return reply.code(statusOf(problem.kind)).send(problem);
  });
  return server;
}

async function answer(fake: FakeControl, asked: Asked, reply: FastifyReply): Promise<unknown> {
  const handler = fake.handlers[asked.route];
  if (handler === undefined) throw notFound(asked.route);
  return handler(asked, reply);
}

export const notFound = (what: string): BlanketError =>
  new BlanketError('thing.not-found', `There is no ${what}.`, { kind: 'not-found', next: 'List them.' });

const time = '2026-01-02T03:04:05.000Z';

export const status = {
  version: '0.1.0',
  pid: process.pid,
  startedAt: time,
  state: '/somewhere',
  ...{ clouds: 1, hosts: 2, guests: 3, operationsRunning: 0, detours: [] },
};

export const host = (name: string): Host => ({
  ...{ name, cloud: 'east', state: 'ready', driver: 'openstack-kvm', driverWhy: 'the product says so' },
  ...{ probe: null, guestsOfOtherEngine: [] },
  ...{ engine: 'kvm', engineWhy: null, engineScore: 71.4, vcpus: 2, memoryMiB: 1536 },
  ...{
    address: '10.0.0.1:22',
    tunnelAddress: '10.9.0.1',
    notices: [],
    warnings: [],
    maintenance: false,
    guests: 1,
    createdAt: time,
  },
});

export const guest = (name: string, change: Partial<Guest> = {}): Guest => ({
  ...{ name, uuid: '11111111-2222-4333-8444-555555555555', state: 'running', host: 'east-1' },
  ...{ image: 'counter', digest: `sha256:${'a'.repeat(64)}`, engine: 'kvm', vcpus: 1, memoryMiB: 128 },
  ...{ diskBytes: 2 ** 30, disks: [], cpu: portableCpu([]), createdAt: time },
  nics: [{ network: 'lan', mac: '52:54:00:00:00:01', address: '10.77.0.2', address6: null }],
  ...{ allow: null, published: [], metadata: noMetadata },
  ...change,
});

export const operation = (change: Partial<Operation> = {}): Operation => ({
  ...{ id: 'op-1', kind: 'guest.migrate', subject: 'guest/web1', state: 'running', version: 1 },
  ...{ progress: null, result: null, problem: null, createdAt: time, endedAt: null },
  phases: [
    { name: 'prepare', state: 'done', startedAt: time, durationMs: 1200 },
    { name: 'copy', state: 'running', startedAt: time, durationMs: null },
  ],
  ...change,
});

export const ended = (state: Operation['state'], problem: Problem | null = null): Operation =>
  operation({ state, problem, version: 9, endedAt: time });

/** An `op.show` that waits as control does: answers when the next operation is set. */
export function script(first: Operation): { show: Handler; set: (next: Operation) => void } {
  let current = first;
  let changed = Promise.withResolvers<void>();
  return {
    async show({ query }) {
      const timer = Promise.withResolvers<void>();
      const timeout = setTimeout(timer.resolve, Number(query.waitMs ?? 0));
      if (Number(query.since ?? -1) >= current.version) await Promise.race([changed.promise, timer.promise]);
      clearTimeout(timeout);
      return current;
    },
    set(next) {
      current = { ...next, version: current.version + 1 };
      changed.resolve();
      changed = Promise.withResolvers<void>();
    },
  };
}

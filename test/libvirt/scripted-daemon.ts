/** A daemon's double, for what a real one does not do on demand: faults, late replies, replies out of order. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { Caller } from '../../src/libvirt/call.ts';
import { type ConnectOptions, connect } from '../../src/libvirt/connect.ts';
import type { Connection } from '../../src/libvirt/connection.ts';
import type { ErrorReport } from '../../src/libvirt/errors.ts';
import {
  encodeFrame,
  type Frame,
  FrameParser,
  messageTypes,
  programs,
  statuses,
} from '../../src/libvirt/frame.ts';
import type { Procedure } from '../../src/libvirt/procedure.ts';
import { connectCalls } from '../../src/libvirt/procedures/connect.ts';
import { Transport } from '../../src/libvirt/transport.ts';
import { errorReport } from '../../src/libvirt/wire-structures.ts';
import { type Codec, encode } from '../../src/libvirt/xdr.ts';

/** One client of the double. */
export class Client {
  readonly socket: Socket;
  /** All that the client sent. */
  readonly received: Frame[] = [];
  private readonly waiting: { matches: (frame: Frame) => boolean; resolve: (frame: Frame) => void }[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined); // the client may be gone already: that is one of the faults
  }

  take(frame: Frame): void {
    this.received.push(frame);
    const index = this.waiting.findIndex(({ matches }) => matches(frame));
    if (index >= 0) this.waiting.splice(index, 1)[0]?.resolve(frame);
  }

  /** The next message of that kind, or one that has come. */
  message(matches: (frame: Frame) => boolean): Promise<Frame> {
    const found = this.received.find(matches);
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve) => {
      this.waiting.push({ matches, resolve });
    });
  }

  call({ number }: Procedure<unknown, unknown>): Promise<Frame> {
    return this.message(({ procedure, type }) => procedure === number && type === messageTypes.call);
  }

  send(frame: Partial<Frame> & Pick<Frame, 'type' | 'procedure'>): void {
    const defaults = { program: programs.remote, serial: 0, status: statuses.ok, payload: Buffer.alloc(0) };
    this.socket.write(encodeFrame({ ...defaults, ...frame }));
  }

  reply<R>({ serial, procedure }: Frame, { result }: { result: Codec<R> }, value: R): void {
    this.send({ type: messageTypes.reply, serial, procedure, payload: encode(result, value) });
  }

  refuse(
    { serial, procedure }: Frame,
    code: number,
    message: string,
    type: number = messageTypes.reply,
  ): void {
    const none = { str1: undefined, str2: undefined, str3: undefined, int1: 0, int2: 0 };
    const report: ErrorReport = { code, message, domain: 10, level: 2, ...none };
    this.send({ type, serial, procedure, status: statuses.error, payload: encode(errorReport, report) });
  }
}

/** Answers what opens a connection; the rest is the test's. */
export function openHandshake(client: Client, frame: Frame): void {
  if (frame.program !== programs.remote || frame.type !== messageTypes.call) return;
  if (frame.procedure === connectCalls.authList.number) client.reply(frame, connectCalls.authList, [0]);
  if (frame.procedure === connectCalls.connectOpen.number)
    client.reply(frame, connectCalls.connectOpen, undefined);
  if (frame.procedure === connectCalls.connectClose.number)
    client.reply(frame, connectCalls.connectClose, undefined);
  if (frame.procedure === connectCalls.connectSupportsFeature.number) {
    client.reply(frame, connectCalls.connectSupportsFeature, true);
  }
}

export type Double = {
  socketPath: string;
  clients: Client[];
  connect(options?: Partial<ConnectOptions>): Promise<Connection>;
};

/** A double for one test, gone when the test is over. */
export async function scriptedDaemon(t: ExecutionContext, answer = openHandshake): Promise<Double> {
  const directory = await mkdtemp(join(tmpdir(), 'libvirt-double-'));
  const socketPath = join(directory, 'sock');
  const clients: Client[] = [];
  const server = createServer((socket) => {
    const client = new Client(socket);
    const parser = new FrameParser();
    clients.push(client);
    socket.on('data', (piece: Buffer) => {
      for (const frame of parser.push(piece)) {
        client.take(frame);
        answer(client, frame);
      }
    });
  });
  server.listen(socketPath);
  await once(server, 'listening');
  t.teardown(async () => {
    for (const { socket } of clients) socket.destroy();
    server.close();
    await rm(directory, { recursive: true });
  });
  const open = (options: Partial<ConnectOptions> = {}) =>
    connect({ socketPath, uri: 'test:///x', ...options });
  return { socketPath, clients, connect: open };
}

/** A connection to a double, and the double's end of it. */
export async function connected(t: ExecutionContext, options: Partial<ConnectOptions> = {}) {
  const double = await scriptedDaemon(t);
  const connection = await double.connect(options);
  const [client] = double.clients;
  if (client === undefined) throw new Error('Nobody connected.');
  return { connection, client, double };
}

/** Calls and streams on one connection, without a handshake. */
export async function callerOf(t: ExecutionContext) {
  const double = await scriptedDaemon(t, () => undefined);
  const transport = new Transport(createConnection({ path: double.socketPath }));
  const caller = new Caller(transport, 2);
  transport.start((frame) =>
    frame.type === messageTypes.reply ? caller.reply(frame) : caller.stream(frame),
  );
  while (double.clients[0] === undefined) await new Promise((resolve) => setImmediate(resolve));
  return { transport, caller, client: double.clients[0] };
}

export const domainHandle = { name: 'd', uuid: '00112233-4455-6677-8899-aabbccddeeff', id: 1 };

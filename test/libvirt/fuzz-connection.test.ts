/**
 * A whole connection against a daemon that says anything: messages that are nearly right, in pieces of any size. All
 * that waits ends, with a value or a typed error, and nothing is left over.
 */
import { createConnection } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate as tick } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { Caller } from '../../src/libvirt/call.ts';
import type { Connection } from '../../src/libvirt/connection.ts';
import { LibvirtConnectionError, type XdrError } from '../../src/libvirt/errors.ts';
import { encodeFrame, type Frame, messageTypes, programs, statuses } from '../../src/libvirt/frame.ts';
import { connectCalls } from '../../src/libvirt/procedures/connect.ts';
import { domainCalls } from '../../src/libvirt/procedures/domain.ts';
import { eventCalls } from '../../src/libvirt/procedures/events.ts';
import { streamHole } from '../../src/libvirt/stream-pieces.ts';
import { Transport } from '../../src/libvirt/transport.ts';
import { encode } from '../../src/libvirt/xdr.ts';
import { isTyped, type Mutation, mutations, nearlyRight, patience, runs } from './fuzz.ts';
import { type Client, type Double, domainHandle, openHandshake, scriptedDaemon } from './scripted-daemon.ts';

const { reply, message, stream } = messageTypes;

/** Of the calls that `waitingOn` makes, in their order; the serials go on from those of the handshake. */
const procedures = [
  eventCalls.connectDomainEventCallbackRegisterAny,
  domainCalls.domainGetState,
  domainCalls.domainGetJobStats,
  domainCalls.connectListAllDomains,
  connectCalls.nodeGetInfo,
  connectCalls.connectGetHostname,
];
const firstSerial = 3;

function waitingOn(connection: Connection): Promise<unknown>[] {
  const domain = connection.domain(domainHandle);
  return [
    connection.events.on('lifecycle', () => undefined),
    domain.state(),
    domain.jobStats(),
    connection.domains.list(),
    connection.nodeInfo(),
    connection.hostname(),
  ];
}

const frame = (more: Partial<Frame>): Frame => ({
  program: programs.remote,
  procedure: 1,
  type: reply,
  serial: 0,
  status: statuses.ok,
  payload: Buffer.alloc(0),
  ...more,
});

const status = fc.oneof(
  { weight: 4, arbitrary: fc.constant(statuses.ok) },
  { weight: 2, arbitrary: fc.constant(statuses.error) },
  { weight: 1, arbitrary: fc.constant(statuses.continue) },
);

const answers = fc
  .tuple(fc.nat(procedures.length - 1), status, nearlyRight)
  .map(([index, how, payload]) =>
    frame({ procedure: procedures[index]?.number ?? 0, serial: firstSerial + index, status: how, payload }),
  );
const events = fc
  .tuple(fc.constantFrom(318, 359, 363, 333, 9_999), nearlyRight)
  .map(([procedure, payload]) => frame({ type: message, procedure, payload }));
const pings = fc.nat(3).map((procedure) => frame({ program: programs.keepalive, type: message, procedure }));
const consoleOpened = frame({ procedure: domainCalls.domainOpenConsole.number, serial: firstSerial });
const holeOrData = fc.oneof(
  nearlyRight,
  fc.nat().map((length) => encode(streamHole, { length, flags: 0 })),
);
const streamed = fc
  .tuple(fc.constantFrom(stream, stream, messageTypes.streamHole), fc.nat(2), holeOrData)
  .map(([type, how, payload]): Frame => ({ ...consoleOpened, serial: 1, type, status: how, payload }));

type Script = { frames: Buffer[]; sizes: number[] };

/** Frames, about half of them spoilt, and how the bytes are cut. */
const scriptOf = (frames: fc.Arbitrary<Frame>): fc.Arbitrary<Script> => {
  const spoilt = fc.tuple(
    frames,
    fc.oneof(
      fc.constant<Mutation>((bytes) => bytes),
      mutations,
    ),
  );
  return fc.record({
    frames: fc.array(
      spoilt.map(([sent, mutate]) => mutate(encodeFrame(sent))),
      { maxLength: 12 },
    ),
    sizes: fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 12 }),
  });
};

function play({ socket }: Client, { frames, sizes }: Script): void {
  let rest = Buffer.concat(frames);
  for (const size of sizes) {
    socket.write(rest.subarray(0, size));
    rest = rest.subarray(size);
  }
  socket.end(rest);
}

/** Ten seconds are forever here; a run takes a millisecond or two. */
async function within<T>(action: Promise<T>, what: string): Promise<T> {
  const controller = new AbortController();
  const late = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} hangs.`)), 10_000);
    controller.signal.addEventListener('abort', () => clearTimeout(timer));
  });
  return Promise.race([action, late]).finally(() => controller.abort());
}

async function nextClient({ clients }: Double): Promise<Client> {
  while (clients[0] === undefined) await tick();
  const [client] = clients.splice(0);
  if (client === undefined) throw new Error('Nobody connected.');
  return client;
}

async function attack(t: ExecutionContext, double: Double, script: Script): Promise<void> {
  const problems: XdrError[] = [];
  const connection = await double.connect({ onProblem: (problem) => problems.push(problem), maxInFlight: 3 });
  const client = await nextClient(double);
  const waiting = waitingOn(connection);
  play(client, script);
  for (const each of await within(Promise.allSettled(waiting), 'A call')) {
    if (each.status === 'rejected') t.true(isTyped(each.reason), String(each.reason?.stack));
  }
  const reason = await within(connection.closed, 'The connection');
  t.true(reason instanceof LibvirtConnectionError);
  t.true(problems.every(isTyped));
  t.is(await connection.hostname().catch((error) => error), reason);
}

test('calls and events', async (t) => {
  t.timeout(patience);
  const double = await scriptedDaemon(t);
  const script = scriptOf(fc.oneof({ weight: 3, arbitrary: answers }, events, pings, streamed));
  await fc.assert(
    fc.asyncProperty(script, (each) => attack(t, double, each)),
    { numRuns: runs(600) },
  );
});

/** What the reader of a stream may do. */
const manners = fc.constantFrom('reads', 'stops', 'ends', 'destroys');

async function endOf(duplex: Duplex, manner: string): Promise<unknown> {
  const ended = new Promise<unknown>((resolve) => {
    let failure: unknown;
    duplex.on('error', (error) => {
      failure = error;
    });
    duplex.on('close', () => resolve(failure));
  });
  duplex.write('input');
  if (manner === 'reads') duplex.resume();
  else if (manner === 'ends') duplex.resume().end();
  else if (manner === 'destroys') duplex.once('data', () => duplex.destroy());
  // A reader that stops reading learns of nothing, so it must give up by itself.
  if (manner !== 'reads') setTimeout(() => duplex.destroy(), 2);
  return within(ended, 'A stream');
}

async function attackStream(t: ExecutionContext, double: Double, script: Script, how: [string, boolean]) {
  const [manner, holes] = how;
  const transport = new Transport(createConnection({ path: double.socketPath }));
  const caller = new Caller(transport, 1);
  transport.start((each) => (each.type === reply ? caller.reply(each) : caller.stream(each)));
  const client = await nextClient(double);
  const args = { dom: domainHandle, device: undefined, flags: 0 };
  const opening = caller.openStream(domainCalls.domainOpenConsole, args, { holes });
  await client.call(domainCalls.domainOpenConsole);
  const opened = encodeFrame({ ...consoleOpened, serial: 1 });
  play(client, { ...script, frames: [opened, ...script.frames] });
  const [result] = await within(Promise.allSettled([opening]), 'Opening');
  if (result?.status === 'fulfilled') {
    const failure = await endOf(result.value, manner);
    t.true(failure === undefined || isTyped(failure), String(failure));
  } else t.true(isTyped(result?.reason), String(result?.reason));
  t.false(transport.held);
  transport.close(new LibvirtConnectionError('closed', 'The run is over.'));
}

test('streams, with holes and without', async (t) => {
  t.timeout(patience);
  const double = await scriptedDaemon(t, () => undefined);
  const script = scriptOf(fc.oneof({ weight: 8, arbitrary: streamed }, answers));
  const how = fc.tuple(manners, fc.boolean());
  await fc.assert(
    fc.asyncProperty(script, how, (each, reader) => attackStream(t, double, each, reader)),
    { numRuns: runs(300) },
  );
});

test('what a daemon says while a connection is opened', async (t) => {
  t.timeout(patience);
  const scripts: Script[] = [];
  const double = await scriptedDaemon(t, (client, call) => {
    const [script] = scripts.splice(0);
    if (script !== undefined) play(client, script);
    else openHandshake(client, call);
  });
  const handshake = fc
    .tuple(fc.constantFrom(connectCalls.authList, connectCalls.connectOpen), fc.nat(3), status, nearlyRight)
    .map(([{ number }, serial, how, payload]) => frame({ procedure: number, serial, status: how, payload }));
  const welcome = frame({
    procedure: connectCalls.authList.number,
    serial: 1,
    payload: encode(connectCalls.authList.result, [0]),
  });
  await fc.assert(
    fc.asyncProperty(scriptOf(fc.oneof(handshake, fc.constant(welcome), events)), async (script) => {
      scripts.push(script);
      const opening = double.connect({ onProblem: (problem) => t.true(isTyped(problem)) });
      const [opened] = await within(Promise.allSettled([opening]), 'Opening');
      if (opened?.status === 'rejected') t.true(isTyped(opened.reason), String(opened.reason?.stack));
      else await within(opened?.value.closed ?? Promise.resolve(), 'The connection');
      scripts.splice(0);
    }),
    { numRuns: runs(300) },
  );
});

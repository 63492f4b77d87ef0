/**
 * Opening a connection:
 *
 *   socket -> which authentication? (must be none) -> keepalive, if wanted -> open the driver's URI
 *
 * `libvirtd` serves every driver on `libvirt-sock`; a modular daemon serves its own on its own socket
 * (`virtqemud-sock` serves `qemu:///…`). The requests are the same.
 */
import { createConnection, type Socket } from 'node:net';
import { Caller, type CallOptions } from './call.ts';
import { Connection } from './connection.ts';
import { driverFeatures } from './constants.ts';
import { LibvirtConnectionError, XdrError } from './errors.ts';
import { EventRouter } from './events.ts';
import { type Frame, messageTypes, programs, statuses } from './frame.ts';
import { Keepalive, type KeepaliveOptions } from './keepalive.ts';
import { connectCalls } from './procedures/connect.ts';
import type { Session } from './session.ts';
import { Transport } from './transport.ts';

export type ConnectOptions = CallOptions & {
  /** The daemon's socket, e.g. `/run/libvirt/libvirt-sock`. */
  socketPath: string;
  /** The driver's URI, e.g. `qemu:///system`, `test:///default`. */
  uri: string;
  /** Whether to watch if the daemon lives. Default: no; a local daemon's death closes the socket anyway. The
   *  connections of streams are never watched: they are silent when a guest takes no input. */
  keepalive?: KeepaliveOptions | undefined;
  /** Requests that may be under way at once. Default 4: one less than a daemon reads from one client. */
  maxInFlight?: number | undefined;
  /** Told of each event that was dropped, since its bytes make no sense or since too many came that nobody asked for.
   *  Default: the first is a warning of the process. */
  onProblem?: ((problem: XdrError) => void) | undefined;
};

/** VIR_CONNECT flags are all for libraries that dial themselves; the daemon takes 0, or 1 for read-only. */
const openFlags = 0;
const authNone = 0;
const goodbyeMs = 2_000;

/**
 * @throws LibvirtConnectionError `connect` when nobody listens there, `auth` when the daemon wants to know who we
 *   are; LibvirtError when it has no such driver; the signal's reason when aborted.
 */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const { maxInFlight = 1 } = options;
  if (!(maxInFlight >= 1)) throw new RangeError(`maxInFlight must be at least 1, not ${maxInFlight}.`);
  const { session, router, closed } = await open(options);
  return new Connection(session, router, closed);
}

type Opened = {
  session: Session;
  router: EventRouter;
  closed: Promise<LibvirtConnectionError | undefined>;
};

async function open(options: ConnectOptions): Promise<Opened> {
  const transport = new Transport(await dial(options.socketPath, options.signal));
  const caller = new Caller(transport, options.maxInFlight ?? 4);
  const router = new EventRouter();
  const keepalive = new Keepalive(transport);
  const { onProblem = warnOnce() } = options;
  const event = (frame: Frame) => receiveEvent(frame, router, onProblem);
  transport.start((frame) => route(frame, caller, keepalive, event));
  try {
    await shakeHands(caller, keepalive, options);
  } catch (error) {
    transport.close(new LibvirtConnectionError('closed', 'The connection was never opened.', error));
    throw error;
  }
  return { ...makeSession(transport, caller, options), router };
}

async function shakeHands(caller: Caller, watch: Keepalive, options: ConnectOptions): Promise<void> {
  const { uri, keepalive, signal } = options;
  const kinds = await caller.call(connectCalls.authList, undefined, { signal });
  if (!kinds.includes(authNone)) {
    const text =
      'The libvirt daemon asks for authentication (SASL or polkit), which this client does not know.';
    throw new LibvirtConnectionError('auth', text);
  }
  if (keepalive !== undefined) {
    const feature = driverFeatures.programKeepalive;
    const known = await caller.call(connectCalls.connectSupportsFeature, { feature }, { signal });
    if (!known) throw new LibvirtConnectionError('keepalive', 'The libvirt daemon knows no keepalive.');
    watch.start(keepalive);
  }
  await caller.call(connectCalls.connectOpen, { uri, flags: openFlags }, { signal });
}

function route(frame: Frame, caller: Caller, keepalive: Keepalive, event: (frame: Frame) => void): void {
  keepalive.sawMessage();
  if (frame.program === programs.keepalive) keepalive.receive(frame);
  else if (frame.type === messageTypes.reply) caller.reply(frame);
  else if (frame.type === messageTypes.message) event(frame);
  else if (frame.type === messageTypes.call) {
    throw new LibvirtConnectionError('protocol', 'The daemon sent a call, which only clients do.');
  } else caller.stream(frame);
}

/** A daemon that sends one nonsense sends many. */
function warnOnce(): (problem: XdrError) => void {
  let warned = false;
  return (problem) => {
    if (!warned) process.emitWarning(problem);
    warned = true;
  };
}

/** An event that makes no sense harms nobody but itself: the next message is still whole. */
function receiveEvent(frame: Frame, router: EventRouter, onProblem: (problem: XdrError) => void): void {
  try {
    if (frame.status !== statuses.ok) throw new XdrError(`its status is ${frame.status}`);
    router.receive(frame);
  } catch (error) {
    if (!(error instanceof XdrError || error instanceof LibvirtConnectionError)) throw error;
    const text = `libvirt's event ${frame.procedure} was dropped: ${error.message}`;
    // As with the events themselves: what a listener throws is no fault of the connection.
    queueMicrotask(() => onProblem(new XdrError(text, { cause: error })));
  }
}

function makeSession(transport: Transport, caller: Caller, options: ConnectOptions): Omit<Opened, 'router'> {
  let asked = false;
  const close = async () => {
    if (!asked && transport.lostReason === undefined) {
      asked = true;
      await sayGoodbye(caller);
      transport.close(new LibvirtConnectionError('closed', 'The connection to libvirt was closed.'));
    }
    await transport.lost;
  };
  // For streams. A daemon that cannot pass on what a stream was sent reads no more, not even pings.
  const again = async ({ signal }: CallOptions = {}) => {
    if (transport.lostReason !== undefined) throw transport.lostReason;
    const { session } = await open({ ...options, signal, keepalive: undefined });
    return session;
  };
  return {
    session: {
      call: (procedure, args, callOptions) => caller.call(procedure, args, callOptions),
      openStream: (procedure, args, callOptions) => caller.openStream(procedure, args, callOptions),
      again,
      close,
    },
    closed: transport.lost.then((reason) => (asked ? undefined : reason)),
  };
}

/** The daemon frees what the connection holds either way; told, it has done so before we go on. */
async function sayGoodbye(caller: Caller): Promise<void> {
  try {
    await caller.call(connectCalls.connectClose, undefined, { signal: AbortSignal.timeout(goodbyeMs) });
  } catch {
    // It may be busy or gone. Closing the socket says the same.
  }
}

function dial(socketPath: string, signal: AbortSignal | undefined): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const socket = createConnection({ path: socketPath });
    const settled = () => {
      signal?.removeEventListener('abort', onAbort);
      socket.off('connect', onConnect).off('error', onError);
    };
    const onAbort = () => {
      settled();
      socket.destroy();
      reject(signal?.reason);
    };
    const onConnect = () => {
      settled();
      resolve(socket);
    };
    const onError = (error: Error) => {
      settled();
      reject(unreachable(socketPath, error));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.once('connect', onConnect).once('error', onError);
  });
}

const unreachable = (socketPath: string, cause: Error): LibvirtConnectionError =>
  new LibvirtConnectionError(
    'connect',
    `No libvirt daemon answers on ${socketPath}: ${cause.message}.`,
    cause,
  );

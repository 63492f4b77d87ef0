/**
 * Calls: each goes out with a serial of its own, and the reply that carries the serial back settles its promise,
 * in whatever order replies come.
 *
 *   call() -> waiting -> in flight -> reply: resolved, or rejected with the daemon's LibvirtError
 *                |            |
 *              abort        abort -> abandoned -> reply: dropped, and only now the place is free again
 *
 * A daemon stops reading from a client that has `max_client_requests` (5 by default) requests under way, and with
 * it the client's keepalive. So no more than `maxInFlight` are sent, and a place is kept until the reply came,
 * even when nobody waits for it any more.
 */
import { tracingChannel } from 'node:diagnostics_channel';
import { LibvirtConnectionError, LibvirtError, XdrError } from './errors.ts';
import { type Frame, headerSize, maxFrame, messageTypes, statuses } from './frame.ts';
import type { Procedure } from './procedure.ts';
import { ByteStream, type StreamPort } from './stream.ts';
import type { Transport } from './transport.ts';
import { errorReport } from './wire-structures.ts';
import { decode, encode, Reader } from './xdr.ts';

export type CallOptions = {
  /** Rejects the call with the signal's reason. A request that was sent is carried out by the daemon all the same. */
  signal?: AbortSignal | undefined;
};

export type StreamOptions = CallOptions & {
  /** The call asks for a stream with holes: the daemon may send them, and takes them. */
  holes?: boolean | undefined;
};

/**
 * Each call is told on Node's tracing channel `libvirt:call`, whose messages are these; `error` comes with the end.
 * Arguments and results are not told: they may be secrets, and traces end in logs.
 */
export type CallTrace = {
  procedure: Procedure<unknown, unknown>;
  error?: unknown;
  /** Bytes of the reply behind the result: fields that a newer daemon added, or that this client's codec forgot. */
  surplus?: number;
};
const trace = tracingChannel<object, CallTrace>('libvirt:call');

type Pending = {
  name: string;
  program: number;
  procedure: number;
  payload: Buffer;
  /** Called when the request is about to be sent. */
  sending: (serial: number) => void;
  succeed: (payload: Buffer) => void;
  fail: (error: unknown) => void;
};

/** The call was aborted: its reply, when it comes, interests nobody. */
const isAbandoned = (pending: Pending): boolean => pending.fail === ignore;
const ignore = (): void => undefined;

function encodeArguments<A>({ args: codec, name }: Procedure<A, unknown>, args: A): Buffer {
  const payload = encode(codec, args);
  if (payload.length <= maxFrame - headerSize) return payload;
  throw new XdrError(`The arguments of ${name} take ${payload.length} bytes; a message holds ${maxFrame}.`);
}

/** Serials go from 1 to 2^32 - 1 and round again, past those that are still in use. */
export function serialAfter(last: number, isUsed: (serial: number) => boolean): number {
  let serial = last;
  do serial = (serial % 0xffff_ffff) + 1;
  while (isUsed(serial));
  return serial;
}

export class Caller {
  private readonly transport: Transport;
  private readonly maxInFlight: number;
  private readonly waiting: Pending[] = [];
  private readonly inFlight = new Map<number, Pending>();
  private readonly streams = new Map<number, ByteStream>();
  private serial = 0;

  constructor(transport: Transport, maxInFlight: number) {
    this.transport = transport;
    this.maxInFlight = maxInFlight;
    void transport.lost.then((reason) => this.failAll(reason));
  }

  /**
   * @throws LibvirtError when the daemon refuses, LibvirtConnectionError when the connection is or gets lost, XdrError
   *   when the arguments or the result do not fit the procedure, the signal's reason when it is aborted.
   */
  call<A, R>(procedure: Procedure<A, R>, args: A, options: CallOptions = {}): Promise<R> {
    const told: CallTrace = { procedure };
    let value: R | undefined; // not the traced promise's own, which Node puts into the trace
    const read = (payload: Buffer) => {
      const reader = new Reader(payload);
      value = procedure.result.decode(reader);
      if (reader.remaining > 0) told.surplus = reader.remaining;
    };
    const traced = trace.tracePromise(() => this.request(procedure, args, options, ignore, read), told);
    return traced.then(() => value as R);
  }

  /** Makes a call that opens a stream; the stream's messages carry the call's serial. */
  openStream<A>(procedure: Procedure<A, void>, args: A, options: StreamOptions = {}): Promise<ByteStream> {
    let stream: ByteStream | undefined;
    const sending = (serial: number) => {
      stream = this.addStream(procedure, serial, options.holes === true);
    };
    const request = () => this.request(procedure, args, options, sending, ignore);
    const traced = trace.tracePromise(request, { procedure });
    return traced.then(() => {
      const opened = stream;
      if (opened === undefined)
        throw new LibvirtConnectionError('protocol', 'A reply came to a call never sent.');
      setImmediate(() => opened.opened()); // the caller first gets the chance to listen
      return opened;
    });
  }

  private request<A, R>(
    procedure: Procedure<A, R>,
    args: A,
    { signal }: CallOptions,
    sending: (serial: number) => void,
    read: (payload: Buffer) => void,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (this.transport.lostReason !== undefined) throw this.transport.lostReason;
      const onAbort = () => this.abandon(pending, signal?.reason);
      const settled = () => signal?.removeEventListener('abort', onAbort);
      const fail = (error: unknown) => {
        settled();
        reject(error);
      };
      const succeed = (payload: Buffer) => {
        settled();
        resolve(read(payload));
      };
      const { name, program, number } = procedure;
      const payload = encodeArguments(procedure, args);
      const pending: Pending = { name, program, procedure: number, payload, sending, fail, succeed };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.waiting.push(pending);
      this.sendWaiting();
    });
  }

  private abandon(pending: Pending, reason: unknown): void {
    const index = this.waiting.indexOf(pending);
    if (index >= 0) this.waiting.splice(index, 1);
    const { fail } = pending;
    pending.fail = ignore;
    pending.succeed = ignore;
    fail(reason);
  }

  private sendWaiting(): void {
    while (this.inFlight.size < this.maxInFlight) {
      const pending = this.waiting.shift();
      if (pending === undefined) return;
      const serial = serialAfter(this.serial, (used) => this.inFlight.has(used) || this.streams.has(used));
      this.serial = serial;
      this.inFlight.set(serial, pending);
      pending.sending(serial);
      const { program, procedure, payload } = pending;
      const { call } = messageTypes;
      this.transport.send({ program, procedure, type: call, serial, status: statuses.ok, payload });
    }
  }

  /** Takes a reply. @throws LibvirtConnectionError when it cannot be the answer to any call. */
  reply(frame: Frame): void {
    const pending = this.inFlight.get(frame.serial);
    if (pending?.procedure !== frame.procedure || pending.program !== frame.program) {
      throw new LibvirtConnectionError('protocol', `A reply to no call came (serial ${frame.serial}).`);
    }
    if (frame.status === statuses.continue) {
      throw new LibvirtConnectionError('protocol', `A reply is neither a result nor an error.`);
    }
    this.inFlight.delete(frame.serial);
    this.settle(pending, frame);
    this.sendWaiting();
  }

  private settle(pending: Pending, { status, payload, serial }: Frame): void {
    const abandoned = isAbandoned(pending);
    try {
      if (status === statuses.ok) pending.succeed(payload);
      else pending.fail(new LibvirtError(pending.name, decode(errorReport, payload)));
    } catch (error) {
      pending.fail(error); // a reply that cannot be decoded fails its own call: the next message is still whole
    }
    if (status !== statuses.ok) this.streams.get(serial)?.refused();
    else if (abandoned) this.streams.get(serial)?.destroy();
  }

  /** Takes a stream's message. What comes for a stream that is over is late, and dropped. */
  stream(frame: Frame): void {
    this.streams.get(frame.serial)?.receive(frame);
  }

  private addStream<A>(
    { name, program, number: procedure }: Procedure<A, void>,
    serial: number,
    holes: boolean,
  ): ByteStream {
    const { transport } = this;
    const { stream: type, streamHole } = messageTypes;
    const about = { program, procedure, serial };
    const port: StreamPort = {
      send: (status, payload, written) => transport.send({ ...about, type, status, payload }, written),
      sendHole: (payload, written) =>
        transport.send({ ...about, type: streamHole, status: statuses.continue, payload }, written),
      hold: () => transport.hold(),
      letGo: () => transport.letGo(),
      over: () => this.streams.delete(serial),
    };
    const stream = new ByteStream(name, port, holes);
    this.streams.set(serial, stream);
    return stream;
  }

  private failAll(reason: LibvirtConnectionError): void {
    for (const pending of [...this.inFlight.values(), ...this.waiting.splice(0)]) pending.fail(reason);
    this.inFlight.clear();
    for (const stream of [...this.streams.values()]) stream.lost(reason);
    this.streams.clear();
  }
}

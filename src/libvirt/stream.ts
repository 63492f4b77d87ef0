/**
 * A byte stream beside a connection's calls (a console; later a volume's content), as a Node Duplex.
 *
 *   daemon -> us   CONTINUE + bytes: data;  CONTINUE, empty: no more data;  ERROR + report: the stream failed
 *   us -> daemon   CONTINUE + bytes: data;  OK, empty: finish;              ERROR, empty: abort
 *   Finish and abort are confirmed by the daemon with OK (or ERROR), empty; then the stream is over.
 *   (libvirt's src/rpc/virnetprotocol.x and src/remote/remote_daemon_stream.c)
 *
 * There is no half-close: `end()` ends both directions, and so does the daemon's end of data.
 *
 * Back-pressure is the socket's, since the protocol has no window per stream: a reader that does not read pauses the
 * whole connection, and writes that the daemon cannot pass on fill the daemon's allowance of requests. A stream
 * should therefore have a connection of its own.
 */
import { Duplex } from 'node:stream';
import { LibvirtConnectionError, LibvirtError } from './errors.ts';
import { type Frame, messageTypes, statuses } from './frame.ts';
import { errorReport } from './wire-structures.ts';
import { decode } from './xdr.ts';

/** What a stream needs of its connection. */
export type StreamPort = {
  send(status: number, payload: Buffer, written?: () => void): void;
  hold(): void;
  letGo(): void;
  /** The daemon has forgotten the stream, or was never told of it. */
  over(): void;
};

/** VIR_NET_MESSAGE_LEGACY_PAYLOAD_MAX: what every daemon takes, and what they send themselves. */
const maxPiece = 262_120;
const empty = Buffer.alloc(0);

type Callback = (error?: Error | null) => void;

export class ByteStream extends Duplex {
  private readonly procedure: string;
  private readonly port: StreamPort;
  /** What came before the caller had the stream, and so could not have listened to it. */
  private early: (() => void)[] | undefined = [];
  private holding = false;
  private isOver = false;
  private readonly whenOver: (() => void)[] = [];
  private finished: Callback | undefined;

  constructor(procedure: string, port: StreamPort) {
    super({ allowHalfOpen: false });
    this.procedure = procedure;
    this.port = port;
  }

  /** The caller has the stream. */
  opened(): void {
    const { early = [] } = this;
    this.early = undefined;
    for (const action of early) action();
  }

  /** Calls `action` once the daemon has forgotten the stream, or the connection is gone. */
  onOver(action: () => void): void {
    if (this.isOver) action();
    else this.whenOver.push(action);
  }

  /** The call that should have opened the stream failed. */
  refused(): void {
    this.setOver();
    this.destroy();
  }

  /** The connection is gone, and the stream with it. */
  lost(reason: Error): void {
    this.setOver();
    this.whenOpened(() => this.destroy(reason));
  }

  /** Takes a message of this stream. */
  receive({ type, status, payload }: Frame): void {
    if (status !== statuses.continue) this.setOver();
    this.whenOpened(() => {
      if (type === messageTypes.streamHole) {
        this.destroy(new LibvirtConnectionError('protocol', 'libvirt sent a hole that was not asked for.'));
      } else if (status === statuses.continue) this.data(payload);
      else if (status === statuses.ok) this.confirmed();
      else this.destroy(this.failure(payload));
    });
  }

  private whenOpened(action: () => void): void {
    if (this.early === undefined) action();
    else this.early.push(action);
  }

  private data(payload: Buffer): void {
    if (this.destroyed || this.readableEnded) return;
    const more = this.push(payload.length === 0 ? null : payload);
    // Once we have ended the stream, its confirmation must get through whether or not anyone reads.
    if (more || payload.length === 0 || this.holding || this.writableEnded) return;
    this.holding = true;
    this.port.hold();
  }

  private confirmed(): void {
    if (this.destroyed) return;
    this.push(null);
    this.finished?.();
  }

  private failure(payload: Buffer): Error {
    try {
      return new LibvirtError(this.procedure, decode(errorReport, payload));
    } catch (error) {
      return new LibvirtConnectionError(
        'protocol',
        'libvirt ended a stream with an unreadable error.',
        error,
      );
    }
  }

  private setOver(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.port.over();
    for (const action of this.whenOver) action();
  }

  private release(): void {
    if (this.holding) this.port.letGo();
    this.holding = false;
  }

  override _read(): void {
    this.release();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, callback: Callback): void {
    const rest = chunk.subarray(maxPiece);
    const next = rest.length === 0 ? () => callback() : () => this._write(rest, encoding, callback);
    if (this.isOver) callback(new LibvirtConnectionError('closed', 'The stream is over.'));
    else this.port.send(statuses.continue, chunk.subarray(0, maxPiece), next);
  }

  override _final(callback: Callback): void {
    if (this.isOver) {
      callback();
      return;
    }
    this.finished = callback;
    this.release();
    this.port.send(statuses.ok, empty);
  }

  override _destroy(error: Error | null, callback: Callback): void {
    this.release();
    if (!this.isOver) this.port.send(statuses.error, empty);
    callback(error);
  }
}

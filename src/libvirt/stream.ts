/**
 * A byte stream beside a connection's calls (a console, a volume's content), as a Node Duplex.
 *
 *   daemon -> us   CONTINUE + bytes: data;  CONTINUE, empty: no more data;  ERROR + report: the stream failed
 *                  CONTINUE + length, of the type STREAM_HOLE: so many zeros, where they were asked for
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
import { Pieces, streamHole } from './stream-pieces.ts';
import { errorReport } from './wire-structures.ts';
import { decode, encode } from './xdr.ts';

/** What a stream needs of its connection. */
export type StreamPort = {
  send(status: number, payload: Buffer, written?: () => void): void;
  sendHole(payload: Buffer, written: () => void): void;
  hold(): void;
  letGo(): void;
  /** The daemon has forgotten the stream, or was never told of it. */
  over(): void;
};

/** VIR_NET_MESSAGE_LEGACY_PAYLOAD_MAX: what every daemon takes, and what they send themselves. */
const maxPiece = 262_120;
/** What may wait unread while the daemon cannot be stopped, bytes. Far more than a daemon has under way. */
const maxUnread = 8 * 1024 * 1024;
/** How long an aborted stream waits for the daemon to confirm. */
const confirmMs = 2_000;
const empty = Buffer.alloc(0);

const broken = (message: string, cause?: unknown): LibvirtConnectionError =>
  new LibvirtConnectionError('protocol', message, cause);

type Callback = (error?: Error | null) => void;

export class ByteStream extends Duplex {
  private readonly procedure: string;
  private readonly port: StreamPort;
  private readonly takesHoles: boolean;
  /** What came and was not pushed yet. */
  private readonly pieces = new Pieces();
  private isOpen = false;
  /** What ended the stream before the caller had it, and so could have listened. */
  private early: Error | undefined;
  private ended = false;
  private holding = false;
  /** The next piece has its turn soon. */
  private isDue = false;
  private isOver = false;
  private readonly whenOver: (() => void)[] = [];
  private finished: Callback | undefined;

  constructor(procedure: string, port: StreamPort, takesHoles = false) {
    super({ allowHalfOpen: false });
    this.procedure = procedure;
    this.port = port;
    this.takesHoles = takesHoles;
  }

  /** The caller has the stream. */
  opened(): void {
    this.isOpen = true;
    if (this.early !== undefined) this.destroy(this.early);
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
    this.fail(reason);
  }

  /** Takes a message of this stream. */
  receive({ type, status, payload }: Frame): void {
    if (status !== statuses.continue) this.setOver();
    if (status === statuses.error) this.fail(this.failure(payload));
    else if (type === messageTypes.streamHole) this.hole(payload);
    else if (status === statuses.ok) this.confirmed();
    else this.arrived(payload);
  }

  private fail(error: Error): void {
    if (this.isOpen) this.destroy(error);
    else this.early ??= error;
  }

  private hole(payload: Buffer): void {
    if (!this.takesHoles) this.fail(broken('libvirt sent a hole that was not asked for.'));
    else
      try {
        this.arrived(decode(streamHole, payload).length);
      } catch (error) {
        this.fail(broken('libvirt sent a hole that cannot be understood.', error));
      }
  }

  private arrived(piece: Buffer | number): void {
    if (this.destroyed || this.ended || this.early !== undefined) return;
    this.pieces.add(piece);
    this.flow();
  }

  /** Pushes the next piece. The others have turns of their own, or a hole of terabytes would leave no time for any
   *  other thing; while they wait, nothing more is read. */
  private flow(): void {
    if (this.destroyed || this.ended) return;
    const piece = this.pieces.next();
    if (piece?.length === 0) this.endOfData();
    else if (piece !== undefined && !this.push(piece)) {
      this.full();
      return;
    }
    if (this.ended || this.pieces.isEmpty) this.release();
    else {
      this.full();
      this.flowLater();
    }
  }

  private flowLater(): void {
    if (this.isDue) return;
    this.isDue = true;
    setImmediate(() => {
      this.isDue = false;
      this.flow();
    });
  }

  private full(): void {
    // The reply to the call must get through, and so must the confirmation once we have ended the stream.
    if (this.isOpen && !this.writableEnded) this.hold();
    else if (this.readableLength + this.pieces.bytes > maxUnread)
      this.fail(broken('libvirt sent data that nobody could stop.'));
  }

  private hold(): void {
    if (this.holding || this.destroyed) return;
    this.port.hold();
    this.holding = true;
  }

  private endOfData(): void {
    this.ended = true;
    this.push(null);
  }

  private confirmed(): void {
    if (this.destroyed) return;
    if (this.finished === undefined) {
      this.fail(broken('libvirt confirmed an end that nobody asked for.'));
      return;
    }
    this.endOfData();
    this.finished();
  }

  private failure(payload: Buffer): Error {
    try {
      return new LibvirtError(this.procedure, decode(errorReport, payload));
    } catch (error) {
      return broken('libvirt ended a stream with an unreadable error.', error);
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
    if (this.pieces.isEmpty) this.release();
    else this.flowLater();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, callback: Callback): void {
    const rest = chunk.subarray(maxPiece);
    const next = rest.length === 0 ? () => callback() : () => this._write(rest, encoding, callback);
    // A large chunk may still be on its way, piece by piece, when the stream is destroyed.
    if (this.isOver || this.destroyed) callback(new LibvirtConnectionError('closed', 'The stream is over.'));
    else if (chunk.length === 0)
      callback(); // to the protocol, an empty message is an end
    else this.port.send(statuses.continue, chunk.subarray(0, maxPiece), next);
  }

  /** Sends so many zeros as a hole. Not to be mixed with writes that are under way. */
  skip(length: number, callback: Callback): void {
    if (this.isOver) callback(new LibvirtConnectionError('closed', 'The stream is over.'));
    else this.port.sendHole(encode(streamHole, { length, flags: 0 }), () => callback());
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
    if (!this.isOver) this.abort();
    callback(error);
  }

  /** A daemon that reads nothing, as when a guest takes no input, will not confirm. */
  private abort(): void {
    this.port.send(statuses.error, empty);
    const timer = setTimeout(() => this.setOver(), confirmMs).unref();
    this.onOver(() => clearTimeout(timer));
  }
}

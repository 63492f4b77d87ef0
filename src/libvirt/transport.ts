/**
 * A socket that carries whole messages, until it is lost. It is lost once, for one reason: we closed it, the daemon
 * did, or a message could not be right (after which no byte can be trusted).
 */
import type { Socket } from 'node:net';
import { LibvirtConnectionError } from './errors.ts';
import { encodeFrame, type Frame, FrameParser } from './frame.ts';

export class Transport {
  /** Settles when the connection is lost. */
  readonly lost: Promise<LibvirtConnectionError>;
  private readonly socket: Socket;
  private parser = new FrameParser();
  private readonly settle: (reason: LibvirtConnectionError) => void;
  private receive: (frame: Frame) => void = () => undefined;
  private reason: LibvirtConnectionError | undefined;
  private holders = 0;

  constructor(socket: Socket) {
    this.socket = socket;
    let settle: (reason: LibvirtConnectionError) => void = () => undefined;
    this.lost = new Promise((resolve) => {
      settle = resolve;
    });
    this.settle = settle;
  }

  /** Begins to read. `receive` may throw a LibvirtConnectionError, which ends the connection. */
  start(receive: (frame: Frame) => void): void {
    this.receive = receive;
    this.socket.on('data', (piece: Buffer) => this.take(piece));
    this.socket.on('error', (error) => {
      this.close(new LibvirtConnectionError('closed', 'The connection to libvirt broke.', error));
    });
    this.socket.on('close', () => {
      this.close(new LibvirtConnectionError('closed', 'The libvirt daemon closed the connection.'));
    });
  }

  /** Why there is no connection any more, if there is none. */
  get lostReason(): LibvirtConnectionError | undefined {
    return this.reason;
  }

  /** `written` is called when the message has left this process, or never will. What is sent on a lost connection
   *  goes nowhere: whoever waits for an answer learns of the loss from `lost`. */
  send(frame: Frame, written: () => void = () => undefined): void {
    const bytes = encodeFrame(frame);
    if (this.reason === undefined) this.socket.write(bytes, () => written());
    else queueMicrotask(written);
  }

  /** Stops reading until every holder has let go: libvirt's streams have no other back-pressure. */
  hold(): void {
    this.holders += 1;
    if (this.holders === 1) this.socket.pause();
  }

  letGo(): void {
    this.holders -= 1;
    if (this.holders === 0) this.socket.resume();
  }

  get held(): boolean {
    return this.holders > 0;
  }

  /** Ends the connection; only the first reason counts. */
  close(reason: LibvirtConnectionError): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.parser = new FrameParser(); // with what it had gathered
    this.socket.destroy();
    this.settle(reason);
  }

  private take(piece: Buffer): void {
    if (this.reason !== undefined) return;
    try {
      for (const frame of this.parser.push(piece)) {
        this.receive(frame);
        if (this.reason !== undefined) return;
      }
    } catch (error) {
      // What a listener of ours threw is no loss of the connection, and goes on as it came.
      if (!(error instanceof LibvirtConnectionError)) throw error;
      this.close(error);
    }
  }
}

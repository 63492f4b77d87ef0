/**
 * Keepalive (libvirt's src/rpc/virkeepaliveprotocol.x): either side may ping and the other answers. A daemon pings
 * only clients that asked whether it knows keepalive. We always answer, and ping when told to: after `intervalMs`
 * without any message, and when `count` pings in a row brought nothing, the daemon is taken for dead.
 */
import { LibvirtConnectionError } from './errors.ts';
import { type Frame, messageTypes, programs, statuses } from './frame.ts';
import type { Transport } from './transport.ts';

export type KeepaliveOptions = {
  /** Milliseconds of silence before each ping. */
  intervalMs: number;
  /** Unanswered pings after which the connection is given up. */
  count: number;
};

const procedures = { ping: 1, pong: 2 } as const;

const message = (procedure: number): Frame => ({
  program: programs.keepalive,
  procedure,
  type: messageTypes.message,
  serial: 0,
  status: statuses.ok,
  payload: Buffer.alloc(0),
});

export class Keepalive {
  private readonly transport: Transport;
  private heard = false;
  private unanswered = 0;
  private ponging = false;

  constructor(transport: Transport) {
    this.transport = transport;
  }

  /** Any message shows that the daemon lives. */
  sawMessage(): void {
    this.heard = true;
  }

  /** Takes a message of the keepalive program. */
  receive({ procedure }: Frame): void {
    if (procedure !== procedures.ping || this.ponging) return;
    // One pong at a time: a daemon that pings and does not read must not fill our memory.
    this.ponging = true;
    this.transport.send(message(procedures.pong), () => {
      this.ponging = false;
    });
  }

  start({ intervalMs, count }: KeepaliveOptions): void {
    const timer = setInterval(() => this.tick(count), intervalMs);
    timer.unref();
    void this.transport.lost.then(() => clearInterval(timer));
  }

  private tick(count: number): void {
    // While we do not read, nothing can be heard, and a ping would only wait for its pong to be read.
    const quiet = !this.heard && !this.transport.held;
    this.heard = false;
    if (!quiet) this.unanswered = 0;
    else if (this.unanswered < count) {
      this.unanswered += 1;
      this.transport.send(message(procedures.ping));
    } else {
      const text = `The libvirt daemon answered none of ${count} keepalive messages.`;
      this.transport.close(new LibvirtConnectionError('keepalive', text));
    }
  }
}

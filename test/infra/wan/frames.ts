/** Frames as QEMU's stream sockets carry them, and a VM's end of such a socket. */
import { createServer, type Server, type Socket } from 'node:net';
import { FrameReader, headerBytes } from '../../../infra/wan/frame-reader.ts';

export const broadcast = 0xffff_ffff_ffff;

/** A frame with its length header: destination, source, an EtherType for experiments, a number, and padding. */
export function frame(to: number, from: number, number = 0, bytes = 60): Buffer {
  const made = Buffer.alloc(headerBytes + bytes);
  made.writeUInt32BE(bytes, 0);
  made.writeUIntBE(to, 4, 6);
  made.writeUIntBE(from, 10, 6);
  made.writeUInt16BE(0x88b5, 16);
  made.writeUInt32BE(number, 18);
  return made;
}

export const numberOf = (framed: Buffer): number => framed.readUInt32BE(18);

/** A network card as QEMU serves it: one connection at a time, on a Unix socket. */
export class FakeNic {
  readonly received: { frame: Buffer; at: number }[] = [];
  readonly server: Server;
  #socket: Socket | undefined;
  #waiters: (() => void)[] = [];

  constructor(path: string) {
    this.server = createServer((socket) => {
      const reader = new FrameReader();
      this.#socket = socket;
      socket.on('error', () => undefined); // the switch was killed: the test's own doing
      socket.on('data', (chunk: Buffer) => {
        for (const got of reader.read(chunk)) this.received.push({ frame: got, at: performance.now() });
        this.#changed();
      });
      socket.on('close', () => {
        if (this.#socket === socket) this.#socket = undefined;
        this.#changed();
      });
      this.#changed();
    });
    this.server.listen(path);
  }

  get connected(): boolean {
    return this.#socket !== undefined;
  }

  send(...frames: Buffer[]): void {
    this.#socket?.write(Buffer.concat(frames));
  }

  /** Resolves when the condition holds; looks whenever something happens at this card. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  close(): void {
    this.#socket?.destroy();
    this.server.close();
  }

  #changed(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}

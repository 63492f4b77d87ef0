/**
 * The cable between a port of the switch and a VM's network card: a Unix socket on which QEMU listens
 * (`-netdev stream,server=on`) and which the switch dials, again and again, for as long as the port exists.
 * So either end may restart.
 */
import { connect, type Socket } from 'node:net';
import { FrameReader } from './frame-reader.ts';
import type { Output, Port, Switch } from './switch.ts';

const redialMs = 500;
/** What may wait for a VM that does not read: more than a virtual NIC's ring, less than a second at full speed. */
const maxWaitingBytes = 2 * 1024 * 1024;

export class PortConnection {
  readonly port: Port;
  readonly socketPath: string;
  readonly #switch: Switch;
  readonly #log: (text: string) => void;
  #socket: Socket | undefined;
  #connected = false;
  #redial: NodeJS.Timeout | undefined;
  #closed = false;
  #batch: Buffer[] = [];
  #batchBytes = 0;

  constructor(owner: Switch, name: string, cloud: string, socketPath: string, log: (text: string) => void) {
    this.#switch = owner;
    this.#log = log;
    this.socketPath = socketPath;
    this.port = owner.addPort(name, cloud, this.#output());
    this.#dial();
  }

  get connected(): boolean {
    return this.#connected;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#redial);
    this.#socket?.destroy();
    this.#switch.removePort(this.port);
  }

  #dial(): void {
    const socket = connect(this.socketPath);
    const reader = new FrameReader();
    this.#socket = socket;
    socket.on('connect', () => {
      this.#connected = true;
      this.#log(`port ${this.port.name}: connected`);
    });
    socket.on('data', (chunk: Buffer) => this.#read(socket, reader, chunk));
    socket.on('error', (error) => this.#connected && this.#log(`port ${this.port.name}: ${error.message}`));
    socket.on('close', () => this.#lost());
  }

  #read(socket: Socket, reader: FrameReader, chunk: Buffer): void {
    try {
      this.#switch.receive(this.port, reader.read(chunk));
    } catch (error) {
      socket.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #lost(): void {
    if (this.#connected) this.#log(`port ${this.port.name}: disconnected`);
    this.#connected = false;
    this.#batch = [];
    this.#batchBytes = 0;
    this.#switch.forget(this.port);
    if (!this.#closed) this.#redial = setTimeout(() => this.#dial(), redialMs);
  }

  #output(): Output {
    return {
      send: (frame) => {
        const waiting = this.#batchBytes + (this.#socket?.writableLength ?? 0);
        if (!this.#connected || waiting + frame.length > maxWaitingBytes) return false;
        this.#batch.push(frame);
        this.#batchBytes += frame.length;
        return true;
      },
      // One write for a batch: a system call a frame would cost more than copying them together.
      flush: () => {
        if (this.#batchBytes === 0) return;
        this.#socket?.write(Buffer.concat(this.#batch, this.#batchBytes));
        this.#batch = [];
        this.#batchBytes = 0;
      },
    };
  }
}

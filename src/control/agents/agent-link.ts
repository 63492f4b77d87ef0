/**
 * Control's end of the wire to one agent (see `wire/agent.ts`): matches results to calls by id, and rejects
 * all that wait when the connection ends.
 */
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { z } from 'zod';
import {
  type AgentMethod,
  type AgentParams,
  type AgentResult,
  agentProtocolVersions,
  callPath,
  type FromAgent,
  fromAgentSchema,
  type ToAgent,
} from '../../wire/agent.ts';
import { agentMethods } from '../../wire/agent-methods.ts';
import { BlanketError, fromProblem } from '../../wire/errors.ts';
import { version as ownVersion } from '../../wire/version.ts';
import { currentOperation } from '../operations/current.ts';

export type CallOptions = {
  /** Asks the agent to stop the call; the call then fails as the agent says. */
  signal?: AbortSignal | undefined;
  onProgress?: ((value: unknown) => void) | undefined;
  /** Default 60,000. */
  timeoutMs?: number;
};

type Waiting = {
  resolve(value: unknown): void;
  reject(error: Error): void;
  onProgress: CallOptions['onProgress'];
};

const HELLO_TIMEOUT_MS = 60_000;

/** A WebSocket on a stream that is already open. */
export function dialWebSocket(stream: Duplex, path: string): WebSocket {
  return new WebSocket(`ws://agent${path}`, {
    createConnection: () => stream as never, // ws asks for a net.Socket and uses only what a Duplex has
    perMessageDeflate: false,
    handshakeTimeout: HELLO_TIMEOUT_MS,
  });
}

export class AgentLink {
  readonly agentVersion: string;
  /** Resolves when the connection has ended. */
  readonly closed: Promise<void>;
  readonly #host: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;

  private constructor(host: string, socket: WebSocket, agentVersion: string) {
    this.#host = host;
    this.#socket = socket;
    this.agentVersion = agentVersion;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('message', (data) => this.#receive(String(data)));
    void this.closed.then(() => this.#rejectAll());
  }

  /** @throws BlanketError `agent.lost`, `agent.version` when the two have no protocol version in common. */
  static async open(host: string, stream: Duplex): Promise<AgentLink> {
    const socket = dialWebSocket(stream, callPath);
    const hello = await firstMessage(host, socket);
    const theirs = hello.type === 'hello' ? hello.versions : [];
    const common = agentProtocolVersions.filter((version) => theirs.includes(version)).at(-1);
    if (hello.type !== 'hello' || common === undefined) {
      socket.terminate();
      const message = `The agent on ${host} speaks protocol ${theirs.join(', ') || 'unknown'}, control ${agentProtocolVersions.join(', ')}.`;
      throw new BlanketError('agent.version', message, {
        next: `Move its guests away with the Blanket that made it; then remove ${host} and provision it again.`,
        data: { host, agent: theirs, control: agentProtocolVersions },
      });
    }
    const link = new AgentLink(host, socket, hello.agent);
    link.#send({ type: 'select', version: common, control: ownVersion });
    return link;
  }

  async call<M extends AgentMethod>(
    method: M,
    params: AgentParams<M>,
    { signal, onProgress, timeoutMs = 60_000 }: CallOptions = {},
  ): Promise<AgentResult<M>> {
    const id = this.#nextId++;
    const onAbort = () => this.#send({ type: 'cancel', id });
    const timer = setTimeout(() => this.#expire(id, method, timeoutMs), timeoutMs);
    try {
      const value = await new Promise((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject, onProgress });
        this.#send({ type: 'call', id, method, params, operation: currentOperation() });
        signal?.addEventListener('abort', onAbort, { once: true });
        if (signal?.aborted === true) onAbort();
      });
      return agentMethods[method].result.parse(value) as AgentResult<M>;
    } catch (error) {
      if (!(error instanceof z.ZodError)) throw error;
      throw new BlanketError(
        'agent.bad-answer',
        `The agent on ${this.#host} answered ${method} with rubbish.`,
        {
          data: { host: this.#host, method },
          cause: error,
        },
      );
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  close(): void {
    this.#socket.terminate();
  }

  #send(message: ToAgent): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
    else this.#rejectAll();
  }

  #expire(id: number, method: string, timeoutMs: number): void {
    this.#send({ type: 'cancel', id });
    const message = `The agent on ${this.#host} did not answer ${method} within ${timeoutMs} ms.`;
    this.#waiting.get(id)?.reject(
      new BlanketError('agent.timed-out', message, {
        kind: 'timed-out',
        data: { host: this.#host, method },
      }),
    );
  }

  #rejectAll(): void {
    for (const { reject } of this.#waiting.values()) reject(lost(this.#host));
    this.#waiting.clear();
  }

  #receive(text: string): void {
    const message = parse(text);
    if (message === undefined) {
      this.#socket.terminate();
      return;
    }
    if (message.type === 'hello') return;
    const waiting = this.#waiting.get(message.id);
    if (message.type === 'progress') hear(waiting, message.value);
    else if (message.type === 'result') waiting?.resolve(message.value);
    else waiting?.reject(fromProblem(message.problem));
  }
}

const lost = (host: string, cause?: unknown): BlanketError =>
  new BlanketError('agent.lost', `The connection to the agent on ${host} ended.`, {
    next: `See \`blanket host show ${host}\`.`,
    data: { host },
    cause,
  });

/** Whoever listens checks what it hears; progress that it cannot take is an answer of the wrong shape. */
function hear(waiting: Waiting | undefined, value: unknown): void {
  try {
    waiting?.onProgress?.(value);
  } catch (error) {
    waiting?.reject(error instanceof Error ? error : new Error(String(error)));
  }
}

function parse(text: string): FromAgent | undefined {
  try {
    return fromAgentSchema.parse(JSON.parse(text));
  } catch {
    return undefined; // what is not of the protocol ends the connection; the caller sees agent.lost
  }
}

function firstMessage(host: string, socket: WebSocket): Promise<FromAgent> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.terminate(), HELLO_TIMEOUT_MS);
    const settle = (act: () => void) => {
      clearTimeout(timer);
      act();
    };
    socket.once('message', (data) => {
      const message = parse(String(data));
      settle(() => (message ? resolve(message) : reject(lost(host))));
    });
    socket.once('error', (error) => settle(() => reject(lost(host, error))));
    socket.once('close', () => settle(() => reject(lost(host))));
  });
}

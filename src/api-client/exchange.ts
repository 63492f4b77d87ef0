/** One HTTP exchange with control, on a connection of its own, with every failure of the way told apart. */
import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { BlanketError } from '../wire/errors.ts';
import { type Connection, headersFor } from './connection.ts';
import { connectionError, dial } from './dial.ts';

/** More than any answer of control's; a runaway body must not fill the memory. */
const maxAnswerBytes = 32 * 1024 * 1024;

export type Exchange = {
  method: string;
  path: string;
  /** Sent as JSON when present. */
  body?: unknown;
  headers?: Record<string, string>;
  /** Bound on the whole exchange, in ms. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
};

export type Answer = { status: number; text: string };

/** Codes that mean "control is not there now", after which the same call may work in a moment. */
const passing = new Set([
  'control.not-running',
  'control.unreachable',
  'control.connection-lost',
  'control.no-answer',
]);

export const isAway = (error: unknown): boolean => error instanceof BlanketError && passing.has(error.code);

/**
 * @throws BlanketError `control.not-running`, `control.unreachable`, `control.connection-lost`, `control.no-answer`,
 * `control.no-access`, `control.untrusted`, `control.no-tls` or `client.aborted`.
 */
export async function exchange(to: Connection, wanted: Exchange): Promise<Answer> {
  const deadline = AbortSignal.timeout(wanted.timeoutMs);
  const signal = wanted.signal === undefined ? deadline : AbortSignal.any([deadline, wanted.signal]);
  try {
    return await ask(await dial(to, signal), to, wanted, signal);
  } catch (error) {
    if (wanted.signal?.aborted === true) throw aborted(error);
    throw deadline.aborted ? noAnswer(wanted) : connectionError(to, error);
  }
}

function ask(stream: Socket, to: Connection, wanted: Exchange, signal: AbortSignal): Promise<Answer> {
  const payload = wanted.body === undefined ? undefined : JSON.stringify(wanted.body);
  return new Promise((resolve, reject) => {
    const sent = request({
      createConnection: () => stream,
      method: wanted.method,
      path: wanted.path,
      signal,
      headers: { ...headersFor(to), ...bodyHeaders(payload), ...wanted.headers },
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      read(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject);
    });
    sent.end(payload);
  });
}

const bodyHeaders = (payload: string | undefined): Record<string, string | number> =>
  payload === undefined
    ? {}
    : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) };

async function read(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > maxAnswerBytes) throw new Error(`The answer is longer than ${maxAnswerBytes} bytes.`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

const aborted = (cause: unknown): BlanketError =>
  new BlanketError('client.aborted', 'The call was given up.', { kind: 'cancelled', cause });

const noAnswer = (wanted: Exchange): BlanketError =>
  new BlanketError('control.no-answer', `Control did not answer within ${wanted.timeoutMs / 1000} s.`, {
    kind: 'timed-out',
    next: '`blanket status` tells whether it is well; its log is in the state directory.',
    data: { method: wanted.method, path: wanted.path, timeoutMs: wanted.timeoutMs },
  });

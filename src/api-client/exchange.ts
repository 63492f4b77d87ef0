/** One HTTP exchange with control over its Unix socket, with every failure of the socket told apart. */
import { type IncomingMessage, request } from 'node:http';
import { BlanketError } from '../wire/errors.ts';

/** More than any answer of control's; a runaway body must not fill the memory. */
const maxAnswerBytes = 32 * 1024 * 1024;

export type Exchange = {
  method: string;
  path: string;
  /** Sent as JSON when present. */
  body?: unknown;
  /** Bound on the whole exchange, in ms. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
};

export type Answer = { status: number; text: string };

/** Codes that mean "control is not there now", after which the same call may work in a moment. */
const passing = new Set(['control.not-running', 'control.connection-lost', 'control.no-answer']);

export const isAway = (error: unknown): boolean => error instanceof BlanketError && passing.has(error.code);

/**
 * @throws BlanketError `control.not-running`, `control.connection-lost`, `control.no-answer`,
 * `control.no-access` or `client.aborted`.
 */
export function exchange(socket: string, wanted: Exchange): Promise<Answer> {
  const { method, path, timeoutMs } = wanted;
  const payload = wanted.body === undefined ? undefined : JSON.stringify(wanted.body);
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = wanted.signal === undefined ? deadline : AbortSignal.any([deadline, wanted.signal]);
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      if (wanted.signal?.aborted === true) return reject(aborted(error));
      reject(deadline.aborted ? noAnswer(wanted) : socketError(socket, error));
    };
    const sent = request({
      socketPath: socket,
      method,
      path,
      signal,
      agent: false,
      headers: headers(payload),
    });
    sent.on('error', fail);
    sent.on('response', (response) => {
      read(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), fail);
    });
    sent.end(payload);
  });
}

const headers = (payload: string | undefined): Record<string, string | number> => ({
  host: 'control',
  ...(payload !== undefined && {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(payload),
  }),
});

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

/** The BlanketError for a failure of the socket itself, whoever dialled it. */
export function socketError(socket: string, cause: unknown): BlanketError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const data = { socket };
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    const next = '`blanket serve` starts it.';
    return new BlanketError('control.not-running', 'Control is not running.', { next, data });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    const message = `You may not use control's socket ${socket}.`;
    const next = 'Run the command as the user who started control.';
    return new BlanketError('control.no-access', message, { kind: 'not-allowed', next, data, cause });
  }
  const message = 'The connection to control was lost.';
  return new BlanketError('control.connection-lost', message, { data, cause });
}

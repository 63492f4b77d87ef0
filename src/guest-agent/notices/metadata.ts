/** One question to a cloud's metadata service, in plain HTTP to an address that only the host itself reaches. */
import { request } from 'node:http';

export type Answer = { status: number; headers: Record<string, unknown>; body: string };
export type Question = { method?: 'GET' | 'PUT'; headers?: Record<string, string> };
export type Ask = (path: string, question?: Question) => Promise<Answer>;

/** Announcements are short; more is not from such a service. */
const largestBytes = 256 * 1024;

/** @param base `http://169.254.169.254`. Redirections are not followed. @throws Error when no whole answer comes in time. */
export const askAt =
  (base: string, timeoutMs: number, signal?: AbortSignal): Ask =>
  (path, { method = 'GET', headers = {} } = {}) =>
    new Promise((resolve, reject) => {
      const limit = AbortSignal.any([
        AbortSignal.timeout(timeoutMs),
        ...(signal === undefined ? [] : [signal]),
      ]);
      const call = request(
        new URL(path, base),
        { method, headers, signal: limit, agent: false },
        (answer) => {
          const pieces: Buffer[] = [];
          let bytes = 0;
          answer.on('data', (piece: Buffer) => {
            bytes += piece.length;
            if (bytes > largestBytes)
              call.destroy(new Error(`${path} answers with more than ${largestBytes} bytes`));
            else pieces.push(piece);
          });
          answer.on('error', reject);
          answer.on('end', () => {
            const body = Buffer.concat(pieces).toString('utf8');
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body });
          });
        },
      );
      call.on('error', reject).end();
    });

/** `undefined` for 404, by which these services say that nothing is announced. @throws Error for any other refusal. */
export function textOf(path: string, { status, body }: Answer): string | undefined {
  if (status === 404) return undefined;
  if (status === 200) return body.trim();
  throw new Error(`${path} answers with status ${status}`);
}

/** A time as clouds write it, RFC 3339 or RFC 1123, as an ISO time; nothing for what is no time. */
export function timeOf(text: string | undefined): { at?: string } {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) ? {} : { at: new Date(ms).toISOString() };
}

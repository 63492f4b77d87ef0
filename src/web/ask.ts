/** Requests to control, whose cookie the browser adds. What goes wrong is a Problem, whoever says so. */
import type { Problem } from '../wire/errors.ts';

export class Refusal extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
type More = { body?: object; headers?: Record<string, string>; signal?: AbortSignal };

/** Fired on `window` when control no longer knows this browser. */
export const loggedOut = 'blanket-logged-out';

const away: Problem = {
  code: 'web.control-away',
  kind: 'failed',
  message: 'Control does not answer.',
  next: 'It may be restarting; this page tries again. `blanket status` tells on its machine.',
};

/** `path` follows `/v1`. @throws Refusal */
export async function ask<T>(method: Method, path: string, { body, headers, signal }: More = {}): Promise<T> {
  const answer = await send(method, path, {
    ...(signal && { signal }),
    headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (answer.status === 204) return undefined as T;
  const told: unknown = await answer.json().catch(() => undefined);
  if (answer.ok) return told as T;
  if (answer.status === 401 && headers?.authorization === undefined) window.dispatchEvent(new Event(loggedOut));
  throw new Refusal(isProblem(told) ? told : { ...away, message: `Control answered ${answer.status}.` });
}

async function send(method: Method, path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(`/v1${path}`, { ...init, method, credentials: 'same-origin', cache: 'no-store' });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Refusal(away);
  }
}

const isProblem = (told: unknown): told is Problem =>
  typeof told === 'object' && told !== null && 'code' in told && 'message' in told;

/** Any thrown value, as what a page can show. */
export const problemOf = (error: unknown): Problem =>
  error instanceof Refusal
    ? error.problem
    : { code: 'web.unexpected', kind: 'failed', message: String(error), next: 'Load the page again.' };

/** A path with its parts escaped: `` at`/guests/${name}` ``. */
export const at = (parts: TemplateStringsArray, ...values: string[]): string =>
  parts.map((part, i) => part + (i < values.length ? encodeURIComponent(values[i] ?? '') : '')).join('');

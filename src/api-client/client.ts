/** A typed client of control's API, derived from the contract in `wire/api.ts`. */
import { z } from 'zod';
import { api, type RouteInput, type RouteName, type RouteResult } from '../wire/api.ts';
import { BlanketError, fromProblem, problemSchema } from '../wire/errors.ts';
import { type Connection, connectionTo } from './connection.ts';
import { type Answer, exchange } from './exchange.ts';

export type CallOptions = {
  /** Bound on the call, in ms. Default 60,000. */
  timeoutMs?: number;
  signal?: AbortSignal | undefined;
};

export type Client = {
  readonly connection: Connection;
  /**
   * @throws BlanketError: control's own problem, `request.invalid` before anything is sent, `control.bad-answer`
   * for an answer outside the contract, or what `exchange` throws.
   */
  call<N extends RouteName>(name: N, input?: RouteInput<N>, options?: CallOptions): Promise<RouteResult<N>>;
};

type LooseInput = { params?: unknown; query?: unknown; body?: unknown };

/** @param to a path is that of control's Unix socket */
export function createClient(to: Connection | string): Client {
  const connection = connectionTo(to);
  return {
    connection,
    async call<N extends RouteName>(name: N, input: RouteInput<N> = {}, options: CallOptions = {}) {
      const { timeoutMs = 60_000, signal } = options;
      const { method } = api[name];
      check(name, input);
      const withBody = method === 'POST' || method === 'PUT';
      const answer = await exchange(connection, {
        method,
        path: pathOf(name, input),
        timeoutMs,
        signal,
        ...(withBody && { body: input.body ?? {} }),
      });
      return understand(name, answer);
    },
  };
}

const servingSchema = z.object({ pid: z.int().positive() });

/**
 * The process that serves, also where it is of a version whose answers are otherwise outside this one's contract.
 * @throws BlanketError as `call` does.
 */
export async function servingPid(to: Connection): Promise<number> {
  const answer = await exchange(to, { method: 'GET', path: pathOf('status', {}), timeoutMs: 60_000 });
  const value = parseJson(answer);
  if (answer.status >= 400) throw problemOf(answer, value);
  const parsed = servingSchema.safeParse(value);
  if (parsed.success) return parsed.data.pid;
  throw badAnswer(answer, `Control does not tell its process: ${sentence(parsed.error)}.`);
}

/** Refuses at once what control would refuse, with the contract's own words. */
function check(name: RouteName, input: LooseInput): void {
  for (const part of ['params', 'query', 'body'] as const) {
    const schema: z.ZodType = api[name][part];
    const parsed = schema.safeParse(input[part] ?? {});
    if (parsed.success) continue;
    throw new BlanketError('request.invalid', `${sentence(parsed.error)}.`, {
      kind: 'usage',
      data: { route: name, part },
    });
  }
}

const sentence = (error: z.ZodError): string => error.issues.map(issueText).join('; ');

function issueText(issue: z.ZodError['issues'][number]): string {
  const field = issue.path.join('.') || 'the request';
  if (issue.code === 'too_big') return `${field} must be at most ${issue.maximum}`;
  if (issue.code === 'too_small') return `${field} must be at least ${issue.minimum}`;
  return `${field}: ${issue.message}`;
}

function pathOf(name: RouteName, input: LooseInput): string {
  const params = (input.params ?? {}) as Record<string, unknown>;
  const path = api[name].path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(String(params[key])));
  const given = Object.entries(input.query ?? {}).filter(([, value]) => value !== undefined);
  const query = new URLSearchParams(given.map(([key, value]) => [key, String(value)]));
  return query.size === 0 ? path : `${path}?${query}`;
}

function understand<N extends RouteName>(name: N, answer: Answer): RouteResult<N> {
  const value = parseJson(answer);
  if (answer.status >= 400) throw problemOf(answer, value);
  const schema: z.ZodType = api[name].response;
  const parsed = schema.safeParse(answer.status === 204 ? {} : value);
  if (parsed.success) return parsed.data as RouteResult<N>;
  throw badAnswer(answer, `Control answered \`${name}\` outside the contract: ${sentence(parsed.error)}.`);
}

const notJson = Symbol('not JSON');

function parseJson({ text }: Answer): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return notJson; // judged by the caller, who knows whether a body was due
  }
}

/** The error that an answer of status 400 or more stands for. */
export function problemOf(answer: Answer, value: unknown = parseJson(answer)): BlanketError {
  const parsed = problemSchema.safeParse(value);
  if (parsed.success) return fromProblem(parsed.data);
  return badAnswer(answer, `Control answered with HTTP status ${answer.status} and no reason.`);
}

const badAnswer = (answer: Answer, message: string): BlanketError =>
  new BlanketError('control.bad-answer', message, {
    next: 'If control is of another version, `blanket stop` ends it and the next command starts this one.',
    data: { status: answer.status, body: answer.text.slice(0, 300) },
  });

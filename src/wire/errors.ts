/**
 * The one error class that crosses Blanket's boundaries. A code is stable: scripts may match on it.
 * The kind decides the CLI's exit code and the API's HTTP status (see `statusOf` and `exitCodeOf`).
 */
import { z } from 'zod';

export const errorKinds = [
  'failed',
  'usage',
  'not-found',
  'not-allowed',
  'conflict',
  'blocked',
  'rolled-back',
  'attention',
  'timed-out',
  'cancelled',
] as const;
export type ErrorKind = (typeof errorKinds)[number];

const edges: Record<ErrorKind, { exit: number; http: number }> = {
  failed: { exit: 1, http: 500 },
  usage: { exit: 2, http: 400 },
  'not-found': { exit: 3, http: 404 },
  'not-allowed': { exit: 4, http: 403 },
  conflict: { exit: 1, http: 409 },
  blocked: { exit: 5, http: 412 },
  'rolled-back': { exit: 6, http: 500 },
  attention: { exit: 7, http: 500 },
  'timed-out': { exit: 8, http: 504 },
  cancelled: { exit: 130, http: 499 },
};

export const exitCodeOf = (kind: ErrorKind): number => edges[kind].exit;
export const statusOf = (kind: ErrorKind): number => edges[kind].http;

export const problemSchema = z.object({
  /** Stable, e.g. `guest.not-found`. */
  code: z.string(),
  kind: z.enum(errorKinds),
  /** A full sentence. */
  message: z.string(),
  /** What to do next, a full sentence. */
  next: z.string().optional(),
  /** Ids and numbers that the message speaks of. */
  data: z.record(z.string(), z.unknown()).optional(),
  /** Messages of the chained causes, outermost first. */
  causes: z.array(z.string()).optional(),
});
export type Problem = z.infer<typeof problemSchema>;

type Options = {
  kind?: ErrorKind | undefined;
  next?: string | undefined;
  data?: Record<string, unknown> | undefined;
  cause?: unknown;
};

export class BlanketError extends Error {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly next: string | undefined;
  readonly data: Record<string, unknown> | undefined;

  constructor(code: string, message: string, options: Options = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'BlanketError';
    this.code = code;
    this.kind = options.kind ?? 'failed';
    this.next = options.next;
    this.data = options.data;
  }
}

const causesOf = (error: unknown): string[] =>
  error instanceof Error ? [error.message, ...causesOf(error.cause)] : [];

/** Any thrown value as a problem; what is not a BlanketError becomes `internal.unexpected`. */
export function toProblem(error: unknown): Problem {
  if (!(error instanceof BlanketError)) {
    const causes = causesOf(error).slice(1);
    const message = error instanceof Error ? error.message : String(error);
    return { code: 'internal.unexpected', kind: 'failed', message, ...(causes.length > 0 && { causes }) };
  }
  const causes = causesOf(error.cause);
  return {
    code: error.code,
    kind: error.kind,
    message: error.message,
    ...(error.next !== undefined && { next: error.next }),
    ...(error.data !== undefined && { data: error.data }),
    ...(causes.length > 0 && { causes }),
  };
}

const chain = (causes: readonly string[] | undefined): Error | undefined =>
  causes?.reduceRight<Error | undefined>(
    (inner, message) => new Error(message, inner === undefined ? undefined : { cause: inner }),
    undefined,
  );

/** The error that a problem received over a wire stands for. */
export const fromProblem = (problem: Problem): BlanketError =>
  new BlanketError(problem.code, problem.message, { ...problem, cause: chain(problem.causes) });

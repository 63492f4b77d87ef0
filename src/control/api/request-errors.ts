/** What is wrong with a request before any handler sees it, told in our words, and the one way in which errors leave. */

import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { openApiPath } from '../../wire/api.ts';
import { BlanketError, type Problem, statusOf, toProblem } from '../../wire/errors.ts';
import { requestCodes } from '../../wire/routes/codes.ts';

const next = `See ${openApiPath}, which \`blanket api spec\` prints.`;

type RequestCode = keyof typeof requestCodes;

const refused = (code: RequestCode, message: string, data?: Record<string, unknown>): BlanketError =>
  new BlanketError(code, message, { kind: code === 'api.no-route' ? 'not-found' : 'usage', next, data });

const ownStatus = ({ code, kind }: Problem): number =>
  code in requestCodes ? requestCodes[code as RequestCode] : statusOf(kind);

/** Every problem leaves as one, whoever found it. */
export function addErrors(server: FastifyInstance): void {
  const routes = knownRoutes(server);
  // A body that is left out is an empty one, so that defaults apply.
  server.addHook('preValidation', async (request) => {
    if (request.body === undefined || request.body === null) request.body = {};
  });
  server.setErrorHandler((error, request, reply) => sendError(error, request, reply));
  server.setNotFoundHandler((request, reply) => {
    const path = pathOf(request.url);
    const allowed = routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
    if (allowed.length === 0) {
      throw refused('api.no-route', `There is no ${request.method} ${path}.`);
    }
    void reply.header('allow', allowed.join(', '));
    throw refused('api.bad-method', `${path} takes ${allowed.join(', ')}, not ${request.method}.`, {
      allowed,
    });
  });
}

export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = toProblem(asBlanketError(error));
  if (problem.code === 'internal.unexpected') request.log.error({ err: error }, 'request broke');
  return reply.code(ownStatus(problem)).send(problem);
}

const pathOf = (url: string): string => url.split('?', 1)[0] ?? url;

/** Grows as routes are added. */
function knownRoutes(server: FastifyInstance): { method: string; pattern: RegExp }[] {
  const known: { method: string; pattern: RegExp }[] = [];
  server.addHook('onRoute', ({ method, url }) => {
    const pattern = new RegExp(`^${url.replaceAll('.', '\\.').replace(/:\w+/g, '[^/]+')}$`);
    for (const one of [method].flat()) known.push({ method: one, pattern });
  });
  return known;
}

/** Fastify's names for the parts of a request, and ours. */
const parts: Readonly<Record<string, string>> = { params: 'path', querystring: 'query', body: 'body' };

/** What fastify finds wrong with a request is the caller's mistake. */
function asBlanketError(error: unknown): unknown {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const part = parts[error.validationContext ?? 'body'] ?? 'body';
    const faults = error.validation.map(({ instancePath, message }) => ({
      field: fieldOf(instancePath) || part,
      message,
    }));
    const said = faults.map(({ field, message }) => `${field}: ${message}`).join('; ');
    const fields = [...new Set(faults.map(({ field }) => field))];
    return refused('api.bad-request', `The request is not valid: ${said}.`, { part, fields });
  }
  if (!(error instanceof Error) || !('statusCode' in error)) return error;
  const status = Number(error.statusCode);
  if (status < 400 || status >= 500) return error;
  return refused(
    codeOf(status),
    error.message,
    status === 413 || status === 400 ? { part: 'body' } : undefined,
  );
}

const codeOf = (status: number): RequestCode =>
  status === 413 ? 'api.body-too-large' : status === 415 ? 'api.bad-content-type' : 'api.bad-request';

const fieldOf = (path: string): string => path.replace(/^\//, '').replaceAll('/', '.');

/** For fastify, of what does not even reach its routes: a path whose escapes mean nothing, or with a part that is too long. */
export const badPath = (error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  sendError(refused('api.bad-request', error.message, { part: 'path' }), request, reply);

/** For Node, of what is no HTTP at all. */
export function badHttp(error: Error & { code?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  endWithProblem(socket, refused('api.bad-request', `That is no HTTP request: ${error.message}.`));
}

/** Answers on a bare socket, for which there is no reply to send, and closes it. */
export function endWithProblem(socket: Duplex, error: unknown): void {
  socket.on('error', () => undefined); // whoever asked has gone: nothing is left to say
  const problem = toProblem(error);
  const status = ownStatus(problem);
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

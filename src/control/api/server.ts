/**
 * The HTTP API on control's Unix socket: every route of the contract, checked both ways, and the OpenAPI
 * description made from it.
 */
import { createServer } from 'node:http';
import swagger from '@fastify/swagger';
import fastify, { type FastifyInstance } from 'fastify';
import {
  hasZodFastifySchemaValidationErrors,
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import { api, openApiPath, type RouteName } from '../../wire/api.ts';
import { BlanketError, statusOf, toProblem } from '../../wire/errors.ts';
import { metricsContentType, metricsText, metricsTextPath } from '../../wire/metrics.ts';
import { version } from '../../wire/version.ts';
import type { Services } from '../services.ts';
import { serveConsoles } from './console.ts';
import { type Handler, type Handlers, handlersFor } from './handlers.ts';

const LARGEST_BODY_BYTES = 1 << 20;

/** Not listening yet. */
export async function makeServer(services: Services, log: Logger): Promise<FastifyInstance> {
  const http = createServer();
  const server = fastify({
    loggerInstance: log.child({ part: 'api' }, { level: 'warn' }),
    bodyLimit: LARGEST_BODY_BYTES,
    serverFactory: (handler) => http.on('request', handler),
  }) as unknown as FastifyInstance;
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
  const info = { title: 'Blanket', description: "Your own hypervisor on other people's clouds", version };
  await server.register(swagger, {
    openapi: { openapi: '3.1.0', info },
    transform: jsonSchemaTransform,
  });
  addErrors(server);
  const handlers = handlersFor(services);
  await server.register(async (scope) => addRoutes(scope, handlers));
  server.get(openApiPath, { schema: { hide: true } }, () => server.swagger());
  server.get(metricsTextPath, { schema: { hide: true } }, async (_request, reply) => {
    const metrics = await handlers.metrics({ params: {}, query: {}, body: {} });
    return reply.type(metricsContentType).send(metricsText(metrics));
  });
  serveConsoles(http, services);
  return server;
}

function addRoutes(server: FastifyInstance, handlers: Handlers): void {
  for (const name of Object.keys(api) as RouteName[]) {
    const { method, path, status, summary, params, query, body, response } = api[name];
    const hasBody = method === 'POST' || method === 'PUT';
    const handler = handlers[name] as Handler<never>;
    server.route({
      method,
      url: path,
      schema: {
        ...{ summary, operationId: name, params, querystring: query },
        ...(hasBody && { body }),
        response: status === 204 ? {} : { [status]: response },
      },
      async handler(request, reply) {
        const result = await handler(request as never);
        return reply.code(status).send(status === 204 ? null : result);
      },
    });
  }
}

function addErrors(server: FastifyInstance): void {
  // A body that is left out is an empty one, so that defaults apply.
  server.addHook('preValidation', async (request) => {
    if (request.body === undefined || request.body === null) request.body = {};
  });
  server.setErrorHandler((error, request, reply) => {
    const problem = toProblem(asBlanketError(error));
    if (problem.code === 'internal.unexpected') request.log.error({ err: error }, 'request broke');
    return reply.code(statusOf(problem.kind)).send(problem);
  });
  server.setNotFoundHandler((request, reply) => {
    const message = `There is no ${request.method} ${request.url}.`;
    return reply
      .code(404)
      .send(
        toProblem(
          new BlanketError('api.no-route', message, { kind: 'not-found', next: `See ${openApiPath}.` }),
        ),
      );
  });
}

/** What fastify finds wrong with a request is the caller's mistake, told in our words. */
function asBlanketError(error: unknown): unknown {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const faults = error.validation.map(
      ({ instancePath, message }) => `${fieldOf(instancePath)}: ${message}`,
    );
    return new BlanketError('api.bad-request', `The request is not valid: ${faults.join('; ')}.`, {
      kind: 'usage',
    });
  }
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status >= 400 && status < 500 && error instanceof Error) {
    return new BlanketError('api.bad-request', error.message, { kind: 'usage' });
  }
  return error;
}

const fieldOf = (path: string): string => path.replace(/^\//, '').replaceAll('/', '.') || 'body';

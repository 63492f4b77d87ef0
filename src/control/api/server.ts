/**
 * The HTTP API on control's Unix socket: every route of the contract, checked both ways, and its
 * description (`wire/openapi/document.ts`).
 */
import { createServer, type Server } from 'node:http';
import fastify, { type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import { api, openApiPath, type RouteName } from '../../wire/api.ts';
import { metricsContentType, metricsText, metricsTextPath } from '../../wire/metrics.ts';
import { openApi } from '../../wire/openapi/document.ts';
import { attachAccess } from '../access/attach.ts';
import type { Limits } from '../access/attempts.ts';
import { Gate } from '../access/gate.ts';
import { attachAudit } from '../audit/attach.ts';
import { AuditLog } from '../audit/log.ts';
import type { Services } from '../services.ts';
import { serveConsoles } from './console.ts';
import { type Handler, type Handlers, handlersFor } from './handlers.ts';
import { addErrors, badHttp, badPath } from './request-errors.ts';
import { loopback } from './web/loopback.ts';
import { servePages } from './web/pages.ts';
import { sessionHandlers } from './web/session-handlers.ts';

const LARGEST_BODY_BYTES = 1 << 20;

/** Not listening yet. */
export async function makeServer(services: Services, log: Logger, limits?: Limits): Promise<FastifyInstance> {
  // Another protocol that a client offers beside, such as HTTP/2, is not taken up: it gets its answer in this one.
  const http = createServer({
    shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
  });
  const server = fastify({
    loggerInstance: log.child({ part: 'api' }, { level: 'warn' }),
    bodyLimit: LARGEST_BODY_BYTES,
    frameworkErrors: badPath,
    clientErrorHandler: badHttp,
    serverFactory: (handler) => http.on('request', handler),
  }) as unknown as FastifyInstance;
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
  server.removeContentTypeParser('text/plain'); // JSON alone is understood
  addErrors(server);
  const audit = new AuditLog(services.paths.state, log);
  server.addHook('onClose', async () => audit.close());
  const gate = new Gate(services.store, audit, limits);
  const callerOf = attachAccess(server, gate);
  attachAudit(server, audit, callerOf, log);
  const serveSockets = (one: Server) => serveConsoles(one, services, gate);
  const port = loopback(gate, (request, response) => server.routing(request, response), serveSockets);
  server.addHook('onClose', async () => port.close());
  const handlers = {
    ...handlersFor(services, audit),
    ...sessionHandlers(server, services.store, gate, callerOf, port),
  };
  servePages(server);
  await server.register(async (scope) => addRoutes(scope, handlers));
  const description = JSON.stringify(openApi());
  server.get(openApiPath, (_request, reply) => reply.type('application/json').send(description));
  server.get(metricsTextPath, async (_request, reply) => {
    const metrics = await handlers.metrics({ params: {}, query: {}, body: {} });
    return reply.type(metricsContentType).send(metricsText(metrics));
  });
  serveSockets(http);
  return server;
}

function addRoutes(server: FastifyInstance, handlers: Handlers): void {
  for (const name of Object.keys(api) as RouteName[]) {
    const { method, path, status, params, query, body, response } = api[name];
    const hasBody = method === 'POST' || method === 'PUT';
    const handler = handlers[name] as Handler<never>;
    server.route({
      method,
      url: path,
      config: { route: name },
      schema: {
        ...{ params, querystring: query, ...(hasBody && { body }) },
        response: status === 204 ? {} : { [status]: response },
      },
      async handler(request, reply) {
        const result = await handler(request as never);
        return reply.code(status).send(status === 204 ? null : result);
      },
    });
  }
}

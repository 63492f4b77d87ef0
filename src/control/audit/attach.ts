/** Writes each change that is asked of control to the audit log before it is made, and what came of it before it is told. */
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { isChange } from '../../wire/access.ts';
import { api, type RouteName } from '../../wire/api.ts';
import type { Who } from '../../wire/audit.ts';
import type { AuditLog } from './log.ts';
import { type Asked, answerTo, askedOf } from './record.ts';

export type Caller = { who: Who; from: string };

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its name in the contract. */
    route?: RouteName;
  }
}

/** @param callerOf who asks, once that is known to be true */
export function attachAudit(
  server: FastifyInstance,
  audit: AuditLog,
  callerOf: (request: object) => Caller,
  log: Logger,
): void {
  const open = new WeakMap<object, Asked>();
  server.addHook('preHandler', async (request) => {
    const { route } = request.routeOptions.config;
    if (route === undefined || !isChange(api[route])) return;
    const { who, from } = callerOf(request);
    const asked = askedOf(route, who, from, request);
    audit.append(asked);
    open.set(request, asked);
  });
  server.addHook('onSend', async (request, reply, payload) => {
    const asked = open.get(request);
    if (asked === undefined) return;
    open.delete(request);
    try {
      audit.append(answerTo(asked, reply.statusCode, payload));
    } catch (error) {
      // The change is made, so its answer is told all the same; the log shows the request as not answered.
      log.error({ err: error, route: asked.route }, 'an answer is missing in the audit log');
    }
  });
}

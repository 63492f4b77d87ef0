/** Every request passes the gate before its body is read; whoever has no token learns nothing, not even which paths there are. */
import type { FastifyInstance } from 'fastify';
import { viewer } from '../../wire/access.ts';
import { api } from '../../wire/api.ts';
import type { Caller, Gate } from './gate.ts';

declare module 'fastify' {
  interface FastifyInstance {
    gate: Gate;
  }
  interface FastifyContextConfig {
    /** For everybody who reaches control, such as the web console's own files, which hold nothing of the fleet. */
    forAll?: true;
  }
}

/** Tells who asks, of requests that have passed. */
export function attachAccess(server: FastifyInstance, gate: Gate): (request: object) => Caller {
  const callers = new WeakMap<object, Caller>();
  server.decorate('gate', gate);
  server.addHook('onRequest', async (request) => {
    const { route, forAll } = request.routeOptions.config;
    if (forAll) return gate.greet(request.raw);
    const caller = gate.admit(request.raw);
    gate.need(caller, route === undefined ? viewer : api[route].needs, route ?? 'this');
    callers.set(request, caller);
  });
  return (request) => {
    const caller = callers.get(request);
    if (caller === undefined) throw new Error('A request came past the gate.');
    return caller;
  };
}

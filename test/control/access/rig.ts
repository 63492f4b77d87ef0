/** A control with TLS on a loopback port, as `main.ts` opens it, and requests to it as anybody may send them. */

import { readFileSync } from 'node:fs';
import { request as send } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect } from 'node:tls';
import type { ExecutionContext } from 'ava';
import { pino } from 'pino';
import type { Limits } from '../../../src/control/access/attempts.ts';
import { listenTls, namesIn } from '../../../src/control/access/listen.ts';
import { createToken } from '../../../src/control/access/tokens.ts';
import { serveConsoles } from '../../../src/control/api/console.ts';
import { makeServer } from '../../../src/control/api/server.ts';
import type { Grant } from '../../../src/wire/access.ts';
import { rig as networkRig } from '../network/rig.ts';
import { cert, key } from './certificate.ts';

export type Ask = {
  method?: string;
  token?: string;
  headers?: Record<string, string>;
  body?: string;
};

export async function tlsRig(t: ExecutionContext, limits?: Limits) {
  const { services, store } = networkRig(t);
  const server = await makeServer(services, pino({ level: 'silent' }), limits);
  await server.ready();
  server.gate.names = namesIn(cert);
  const secure = await listenTls({ host: '127.0.0.1', port: 0, cert, key }, server.routing);
  serveConsoles(secure, services, server.gate);
  const { port } = secure.address() as AddressInfo;
  t.teardown(async () => {
    secure.closeAllConnections();
    secure.close();
    await server.close();
  });
  const ask = (path: string, { method = 'GET', token, headers = {}, body }: Ask = {}) =>
    new Promise<{ status: number; code: string | undefined; text: string }>((resolve, reject) => {
      const sent = send({
        ...{
          host: '127.0.0.1',
          port,
          path,
          method,
          agent: false,
          ca: cert,
          servername: 'control.test',
        },
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
      });
      sent.on('error', reject);
      sent.on('response', async (response) => {
        const answer = await text(response);
        const { code } = answer.startsWith('{') ? (JSON.parse(answer) as { code?: string }) : {};
        resolve({ status: response.statusCode ?? 0, code, text: answer });
      });
      sent.end(body);
    });
  return {
    ...{ server, store, ask, port },
    token: (grant: Partial<Grant> & { validMs?: number; name?: string } = {}): string =>
      createToken(store, {
        ...{ name: `t${store.tokens.list().length}`, role: 'viewer', migrateOut: false, migrateIn: false },
        ...{ validMs: 60_000, ...grant },
      }).token,
    audit: () => readFileSync(join(services.paths.state, 'audit', 'log.jsonl'), 'utf8'),
    /** Bytes as they are, and all that comes back. */
    raw: (bytes: string) => {
      const socket = connect({ host: '127.0.0.1', port, ca: cert, ALPNProtocols: ['http/1.1'] });
      socket.write(bytes);
      return text(socket);
    },
  };
}

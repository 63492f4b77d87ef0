/** A metadata service for tests: answers by method and path, and remembers what it was asked. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionContext } from 'ava';

export type Reply = { status?: number; body?: string; headers?: Record<string, string> } | 'silence';
export type Asked = { method: string; path: string; headers: IncomingHttpHeaders };
export type Cloud = { base: string; asked: Asked[] };

/** @param answer `undefined` is 404. Ends with the test. */
export async function serveCloud(
  t: ExecutionContext,
  answer: (asked: Asked) => Reply | undefined,
): Promise<Cloud> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const one = { method: request.method ?? '', path: request.url ?? '', headers: request.headers };
    asked.push(one);
    const reply = answer(one) ?? { status: 404, body: 'Not Found' };
    if (reply === 'silence') return;
    response.writeHead(reply.status ?? 200, reply.headers).end(reply.body ?? '');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

/**
 * HTTP for the metadata services: node's own server, on connections that somebody else has accepted.
 *
 *   bytes ──▶ node:http ──▶ MetadataRequest ──▶ service ──▶ MetadataResponse ──▶ bytes
 *                                                  └──▶ Wait: look at the notice until it is another
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MetadataRequest, MetadataResponse, Wait } from './message.ts';
import { services } from './services.ts';
import { readSituation, setNotice } from './vm-files.ts';

/** How often a waiting answer looks at the notice. */
const lookMs = 200;
const maxBodyBytes = 65_536;

/** A server that answers for the VM of a directory. `log` gets what went wrong on our side. */
export function metadataServer(vm: string, log: (text: string) => void): Server {
  return createServer((incoming, outgoing) => {
    handle(vm, incoming, outgoing).catch((error: unknown) => {
      log(error instanceof Error ? (error.stack ?? error.message) : String(error));
      if (!outgoing.headersSent) outgoing.writeHead(500);
      outgoing.end();
    });
  });
}

async function handle(vm: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  if (Number(incoming.headers['content-length'] ?? 0) > maxBodyBytes) return end(outgoing, 413);
  const request = await readRequest(incoming);
  if (request === undefined) return end(outgoing, 400);
  const gone = new AbortController();
  outgoing.once('close', () => gone.abort());
  const response = await answer(vm, request, gone.signal);
  if (response === undefined) return;
  if (response.notice !== undefined) await setNotice(vm, response.notice);
  const headers = { ...response.headers, 'content-length': Buffer.byteLength(response.body) };
  outgoing.writeHead(response.status, headers);
  outgoing.end(request.method === 'HEAD' ? undefined : response.body);
}

function end(outgoing: ServerResponse, status: number): void {
  outgoing.writeHead(status, { connection: 'close' });
  outgoing.end();
}

/** `undefined` for a target that is no path. */
async function readRequest(incoming: IncomingMessage): Promise<MetadataRequest | undefined> {
  const { method = '', url = '', headers } = incoming;
  const [path = '', query = ''] = splitOnce(url, '?');
  const decoded = decode(path);
  if (!decoded?.startsWith('/')) return undefined;
  return {
    method,
    path: decoded,
    query: new URLSearchParams(query),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value?.toString()])),
    body: await text(incoming),
  };
}

function splitOnce(whole: string, mark: string): string[] {
  const found = whole.indexOf(mark);
  return found === -1 ? [whole] : [whole.slice(0, found), whole.slice(found + 1)];
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined; // a percent sign with something else behind it
  }
}

/** `undefined` when who asked is gone. */
async function answer(
  vm: string,
  request: MetadataRequest,
  gone: AbortSignal,
): Promise<MetadataResponse | undefined> {
  const ask = async (asked: MetadataRequest): Promise<MetadataResponse | Wait> => {
    const situation = await readSituation(vm);
    return services[situation.instance.kind](asked, situation);
  };
  let given = await ask(request);
  if (!('waitMs' in given)) return given;
  const deadline = Date.now() + given.waitMs;
  while ('waitMs' in given) {
    if (gone.aborted) return undefined;
    const left = deadline - Date.now();
    if (left > 0) await sleep(Math.min(lookMs, left));
    given = await ask(left > 0 ? given.again : given.atLast);
  }
  return given;
}

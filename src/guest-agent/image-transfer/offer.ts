/**
 * The holder's end of an image's way to another host.
 *
 *   taker                                            offer, on its tunnel address only
 *     | -- GET /, Bearer token, Range: bytes=N- --> |
 *     | <== 206, the image from byte N on ========= |  as often as lines break
 *     | -- DELETE /, Bearer token ----------------> |  it has come: sent is not received, so only the taker knows
 *
 * Without that word it is gone after idleMs in which nothing was taken.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { AgentParsed, AgentResult } from '../../wire/agent.ts';
import { BlanketError } from '../../wire/errors.ts';
import { hasImage } from '../images.ts';
import { log } from '../log.ts';
import type { Paths } from '../paths.ts';

type Wish = AgentParsed<'image.offer'>;

/** One taker, and beside it a line of its that is not known yet to be broken. */
const mostLines = 4;

/** Digests, since what is compared must be of one length. */
function isToken(request: IncomingMessage, token: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(request.headers.authorization ?? ''), hash(`Bearer ${token}`));
}

/** The first byte that is asked for; `undefined` when it is not said as a fetch says it, or lies behind the end. */
function startOf(request: IncomingMessage, bytes: number): number | undefined {
  const digits = /^bytes=(\d{1,15})-$/.exec(request.headers.range ?? '')?.[1];
  return digits !== undefined && Number(digits) < bytes ? Number(digits) : undefined;
}

async function send(response: ServerResponse, path: string, start: number, bytes: number): Promise<void> {
  response.writeHead(206, {
    'content-type': 'application/octet-stream',
    'content-length': bytes - start,
    'content-range': `bytes ${start}-${bytes - 1}/${bytes}`,
  });
  try {
    await pipeline(createReadStream(path, { start, highWaterMark: 1 << 20 }), response);
  } catch (error) {
    // The taker comes again where this line broke, and knows why it did if it was the file's fault.
    log('image.line-broken', { reason: error instanceof Error ? error.message : String(error) });
  }
}

function close(server: Server): void {
  server.close();
  server.closeIdleConnections();
}

function serve(path: string, bytes: number, { token, idleMs }: Wish): Server {
  let taking = 0;
  const server = createServer(async (request, response) => {
    if (!isToken(request, token)) return void response.writeHead(401, { connection: 'close' }).end();
    if (request.method === 'DELETE') {
      response.writeHead(204, { connection: 'close' }).end();
      return close(server);
    }
    const start = startOf(request, bytes);
    if (start === undefined) return void response.writeHead(416, { connection: 'close' }).end();
    taking += 1;
    await send(response, path, start, bytes);
    taking -= 1;
    idle.refresh();
  });
  const idle = setTimeout(() => (taking > 0 ? idle.refresh() : close(server)), idleMs).unref();
  server.maxConnections = mostLines;
  server.on('close', () => clearTimeout(idle));
  server.unref(); // nobody stays for an offer
  return server;
}

/** @param address the only one that it listens on. @throws BlanketError `image.missing`, and what listening throws. */
export async function offerImage(
  paths: Paths,
  address: string,
  wish: Wish,
): Promise<AgentResult<'image.offer'>> {
  if (!(await hasImage(paths, wish.digest))) {
    throw new BlanketError('image.missing', `This host does not have image ${wish.digest}.`, {
      kind: 'not-found',
    });
  }
  const path = paths.image(wish.digest);
  const { size: bytes } = await stat(path);
  const server = serve(path, bytes, wish);
  server.listen(0, address);
  await once(server, 'listening');
  const where = server.address();
  if (where === null || typeof where === 'string') throw new Error('a TCP server has an address and a port');
  return { address, port: where.port, bytes };
}

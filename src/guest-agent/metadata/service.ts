/**
 * The metadata service: HTTP on the gateway's address of each network, where the host redirects what guests send to
 * 169.254.169.254 port 80.
 *
 *   guest -- bridge -- gateway -- nftables: redirect to 8775 --> one server a network --> who asks? --> answer
 *
 * Guests are strangers. Each has a bounded number of connections, requests and bytes, and no request waits for long, so
 * that none keeps the agent from its work; whoever is no guest of this host's on this network learns nothing.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { BlanketError } from '../../wire/errors.ts';
import type { GuestSpec } from '../../wire/guest-spec.ts';
import type { Card, NetworkConfig } from '../../wire/methods/network.ts';
import { metadataPort } from '../../wire/network.ts';
import { log, logError } from '../log.ts';
import { serially } from '../serially.ts';
import { type Answer, answerTo, notFound, tooMany } from './answer.ts';
import { askerOf, cardsHere } from './asker.ts';
import { newFairShare } from './fair-share.ts';
import { newTokens } from './tokens.ts';

/** ms, bytes and counts. A boot asks some 40 things one after the other; whoever asks more waits. */
const limits = {
  header: 8 * 1024,
  headersMs: 5_000,
  requestMs: 10_000,
  idleMs: 10_000,
  connectionsEach: 16,
  connectionsInAll: 1024,
  share: { atOnce: 200, perSecond: 20 },
};

export type MetadataSources = {
  /** The networks that this host carries, as they were set last. */
  networks(): Promise<NetworkConfig[]>;
  /** `undefined`: no such guest here. */
  guestSpec(name: string): Promise<GuestSpec | undefined>;
};

export type MetadataService = {
  /**
   * Opens and closes servers until there is one for each network, and learns whose cards are here. Never fails: an address
   * that cannot be listened on (it may not be there yet) is logged, and tried again the next time.
   */
  update(): Promise<void>;
  close(): Promise<void>;
};

/** By address of the gateway: who may ask there now. */
type Open = Map<string, { server: Server; here: ReadonlyMap<string, Card> }>;

type Respond = (address: string, request: IncomingMessage) => Promise<Answer>;

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  const bytes = Buffer.from(body);
  response.writeHead(status, {
    'content-type': 'text/plain',
    'content-length': bytes.length,
    ...(status >= 400 && { connection: 'close' }), // also ends what was not read of the request
    ...headers,
  });
  response.end(response.req.method === 'HEAD' ? undefined : bytes);
}

/** One guest's connections beside those it may have are closed unheard. */
function boundConnections(server: Server): void {
  const counts = new Map<string, number>();
  server.maxConnections = limits.connectionsInAll;
  server.on('connection', (socket: Socket) => {
    const from = socket.remoteAddress ?? '';
    const count = (counts.get(from) ?? 0) + 1;
    counts.set(from, count);
    socket.once('close', () => {
      const left = (counts.get(from) ?? 1) - 1;
      if (left === 0) counts.delete(from);
      else counts.set(from, left);
    });
    if (count > limits.connectionsEach) socket.destroy();
  });
}

function makeServer(respond: Respond): Server {
  const server = createServer(
    {
      maxHeaderSize: limits.header,
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.headersMs,
      connectionsCheckingInterval: 1_000,
    },
    (request, response) => {
      respond(request.socket.remoteAddress ?? '', request)
        .catch((error: unknown): Answer => {
          logError('metadata.failed', error, { from: request.socket.remoteAddress });
          return { status: 500, body: 'Internal error\n' };
        })
        .then((answer) => send(response, answer))
        .catch((error: unknown) => logError('metadata.failed', error));
    },
  );
  server.setTimeout(limits.idleMs);
  boundConnections(server);
  return server;
}

const listen = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject).listen({ host, port }, () => {
      server.off('error', reject);
      server.on('error', (error) => logError('metadata.server', error, { host }));
      resolve();
    });
  });

const stop = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

const notListening = ({ name, gateway }: NetworkConfig, cause: unknown) =>
  new BlanketError(
    'metadata.not-listening',
    `Guests of network ${name} cannot ask for their metadata: ${gateway.address} port ${metadataPort} cannot be opened.`,
    { next: 'It is tried again whenever a network is set or repaired.', data: { network: name }, cause },
  );

/** @param port another one for tests. */
export function serveMetadata(sources: MetadataSources, port = metadataPort): MetadataService {
  const open: Open = new Map();
  const tokens = newTokens();
  const share = newFairShare(limits.share, () => performance.now());
  let all: readonly NetworkConfig[] = [];

  const respondAt =
    (gateway: string): Respond =>
    async (address, { method = '', url = '', headers }) => {
      const card = open.get(gateway)?.here.get(address);
      if (card === undefined) return notFound;
      if (!share.take(address)) return tooMany;
      const spec = await sources.guestSpec(card.name);
      return spec === undefined ? notFound : answerTo({ method, url, headers }, askerOf(spec, all), tokens);
    };

  async function openOne(network: NetworkConfig): Promise<void> {
    const { address } = network.gateway;
    const server = makeServer(respondAt(address));
    try {
      await listen(server, address, port);
      open.set(address, { server, here: cardsHere(network) });
      log('metadata.listening', { network: network.name, address });
    } catch (error) {
      logError('metadata.not-listening', notListening(network, error));
    }
  }

  async function closeOne(address: string): Promise<void> {
    const one = open.get(address);
    open.delete(address);
    if (one !== undefined) await stop(one.server);
  }

  async function update(): Promise<void> {
    all = await sources.networks();
    for (const address of [...open.keys()]) {
      if (!all.some(({ gateway }) => gateway.address === address)) await closeOne(address);
    }
    for (const network of all) {
      const one = open.get(network.gateway.address);
      if (one === undefined) await openOne(network);
      else one.here = cardsHere(network);
    }
  }

  const inTurn = (work: () => Promise<void>) => serially('metadata', work);
  return {
    update: () => inTurn(() => update().catch((error: unknown) => logError('metadata.update-failed', error))),
    close: () =>
      inTurn(async () => {
        for (const address of [...open.keys()]) await closeOne(address);
      }),
  };
}

/** The service on loopback: 127.77.0.1 is the gateway, and guests ask from addresses of their own. */
import { once } from 'node:events';
import { request } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { type MetadataSources, serveMetadata } from '../../../src/guest-agent/metadata/service.ts';
import type { GuestSpec } from '../../../src/wire/guest-spec.ts';
import type { NetworkConfig } from '../../../src/wire/methods/network.ts';
import { guestSpec } from '../spec.ts';
import { networkConfig, traveller } from './guests.ts';

const gateway = '127.77.0.1';
export const here = '127.77.0.10';
export const there = '127.77.0.11';

export const loopback = (changes: Partial<NetworkConfig> = {}): NetworkConfig =>
  networkConfig({
    gateway: { mac: '02:00:00:00:00:01', address: gateway, address6: null },
    cards: [{ ...traveller, address: here }],
    ...changes,
  });

/** One that is free on all of loopback, in all likelihood. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

type Reply = { status: number; body: string; headers: Record<string, unknown> };
type Asked = { method?: string; headers?: Record<string, string>; at?: string };

export async function service(sources: Partial<MetadataSources> = {}) {
  const port = await freePort();
  const state = { networks: [loopback()], guests: [guestSpec()] as GuestSpec[] };
  const metadata = serveMetadata(
    {
      networks: async () => state.networks,
      guestSpec: async (name) => state.guests.find((one) => one.name === name),
      ...sources,
    },
    port,
  );
  await metadata.update();
  const ask = (from: string, path: string, { method = 'GET', headers = {}, at = gateway }: Asked = {}) =>
    new Promise<Reply>((resolve, reject) => {
      const options = { host: at, port, localAddress: from, path, method, headers, agent: false };
      request(options, (answer) => {
        text(answer).then(
          (body) => resolve({ status: answer.statusCode ?? 0, body, headers: answer.headers }),
          reject,
        );
      })
        .on('error', reject)
        .end();
    });
  const dial = (from: string): Socket => connect({ host: gateway, port, localAddress: from });
  return { port, state, metadata, ask, dial };
}

export const mac = '/latest/meta-data/mac';

/** All that comes until the other side closes; nothing when it does so by a reset. */
export const rest = (socket: Socket): Promise<string> => text(socket).catch(() => '');

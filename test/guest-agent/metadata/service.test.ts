/** The service as guests meet it, on loopback: 127.77.0.1 is the gateway, and guests ask from addresses of their own. */
import { once } from 'node:events';
import { request } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { type MetadataSources, serveMetadata } from '../../../src/guest-agent/metadata/service.ts';
import type { GuestSpec } from '../../../src/wire/agent-methods.ts';
import type { NetworkConfig } from '../../../src/wire/methods/network.ts';
import { guestSpec } from '../spec.ts';
import { networkConfig, stranger, traveller } from './guests.ts';

const gateway = '127.77.0.1';
const here = '127.77.0.10';
const there = '127.77.0.11';

const loopback = (changes: Partial<NetworkConfig> = {}): NetworkConfig =>
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

async function service(sources: Partial<MetadataSources> = {}) {
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

const mac = '/latest/meta-data/mac';

test('a guest is told its own, and whoever is none learns nothing', async (t) => {
  const { state, metadata, ask } = await service();
  t.teardown(metadata.close);
  t.like(await ask(here, mac), { status: 200, body: traveller.mac });
  t.like(await ask(here, '/nocloud/user-data'), { status: 200, body: '' });
  const nothing = { status: 404, body: 'Not found\n' };
  for (const path of [mac, '/', '/latest/api/token']) t.like(await ask('127.0.0.1', path), nothing, path);
  t.like(await ask('127.0.0.1', mac, { method: 'POST' }), nothing);
  state.networks = [
    loopback({
      cards: [
        { ...traveller, address: here },
        { ...stranger, address: there, here: false },
      ],
    }),
  ];
  state.guests = [guestSpec(), guestSpec({ name: 'stranger' })];
  await metadata.update();
  t.like(await ask(there, mac), nothing, 'a guest of another host');
  t.is((await ask(here, mac)).status, 200);
  state.guests = [];
  t.like(await ask(here, mac), nothing, 'a guest without a spec');
});

test('each network is asked on its own gateway’s address, by its own guests', async (t) => {
  const { state, metadata, ask } = await service();
  t.teardown(metadata.close);
  const other = { mac: '02:00:00:00:00:02', address: '127.78.0.1', address6: null };
  const card = { ...stranger, address: there };
  state.networks = [loopback(), loopback({ name: 'other', gateway: other, cards: [card] })];
  state.guests = [
    guestSpec(),
    guestSpec({ name: 'stranger', nics: [{ mac: stranger.mac, network: 'other' }] }),
  ];
  await metadata.update();
  t.like(await ask(there, mac, { at: '127.78.0.1' }), { status: 200, body: stranger.mac });
  t.is((await ask(there, mac)).status, 404);
  t.is((await ask(here, mac, { at: '127.78.0.1' })).status, 404);
});

test('an update follows the networks: guests come and go, and so do servers', async (t) => {
  const { state, metadata, ask } = await service();
  t.teardown(metadata.close);
  state.networks = [loopback({ cards: [] })];
  await metadata.update();
  t.is((await ask(here, mac)).status, 404);
  state.networks = [loopback()];
  await metadata.update();
  t.is((await ask(here, mac)).status, 200);
  state.networks = [];
  await metadata.update();
  await t.throwsAsync(ask(here, mac), { code: 'ECONNREFUSED' });
});

test('an address that is not free yet is tried again, and the others are served meanwhile', async (t) => {
  const { port, state, metadata, ask } = await service();
  t.teardown(metadata.close);
  const blocker = createServer().listen(port, '127.79.0.1');
  await once(blocker, 'listening');
  const late = { mac: '02:00:00:00:00:03', address: '127.79.0.1', address6: null };
  // 203.0.113.0/24 is for documentation (RFC 5737), so no host has it.
  const absent = { ...late, address: '203.0.113.1' };
  state.networks = [
    loopback({ name: 'absent', gateway: absent }),
    loopback({ name: 'late', gateway: late }),
    loopback(),
  ];
  await metadata.update();
  t.is((await ask(here, mac)).status, 200);
  blocker.close();
  await once(blocker, 'close');
  await metadata.update();
  t.is((await ask(here, '/latest/', { at: '127.79.0.1' })).status, 200);
});

test('what cannot be read is a failure of that question alone', async (t) => {
  let broken = true;
  const { metadata, ask } = await service({
    guestSpec: async () => {
      if (broken) throw new Error('the disk is gone');
      return guestSpec();
    },
  });
  t.teardown(metadata.close);
  t.like(await ask(here, mac), { status: 500, body: 'Internal error\n' });
  broken = false;
  t.is((await ask(here, mac)).status, 200);
});

test('networks that cannot be read leave the servers as they are', async (t) => {
  let broken = false;
  const { metadata, ask } = await service({
    networks: async () => {
      if (broken) throw new Error('the disk is gone');
      return [loopback()];
    },
  });
  t.teardown(metadata.close);
  broken = true;
  await metadata.update();
  t.is((await ask(here, mac)).status, 200);
});

test('IMDSv2 over the wire: a token, and what it opens', async (t) => {
  const { metadata, ask } = await service();
  t.teardown(metadata.close);
  const headers = { 'X-aws-ec2-metadata-token-ttl-seconds': '60' };
  const given = await ask(here, '/latest/api/token', { method: 'PUT', headers });
  t.is(given.status, 200);
  t.is(given.headers['x-aws-ec2-metadata-token-ttl-seconds'], '60');
  const withToken = (token: string) => ask(here, mac, { headers: { 'X-aws-ec2-metadata-token': token } });
  t.is((await withToken(given.body)).body, traveller.mac);
  t.is((await withToken('made-up')).status, 401);
  const proxied = { ...headers, 'X-Forwarded-For': '198.51.100.7' };
  t.is((await ask(here, '/latest/api/token', { method: 'PUT', headers: proxied })).status, 403);
});

test('HEAD tells the length and sends nothing', async (t) => {
  const { metadata, ask } = await service();
  t.teardown(metadata.close);
  const { status, body, headers } = await ask(here, mac, { method: 'HEAD' });
  t.deepEqual([status, body, headers['content-length']], [200, '', '17']);
});

/** All that comes until the other side closes. */
const rest = (socket: Socket): Promise<string> => text(socket).catch(() => '');

test('one guest that asks and asks is held back, and others are answered', async (t) => {
  const { state, metadata, ask, dial } = await service();
  t.teardown(metadata.close);
  state.networks = [
    loopback({
      cards: [
        { ...traveller, address: here },
        { ...stranger, address: there },
      ],
    }),
  ];
  state.guests = [guestSpec(), guestSpec({ name: 'stranger' })];
  await metadata.update();
  const greedy = dial(here);
  greedy.write('GET /latest/ HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(2000));
  const answers = await rest(greedy);
  t.regex(answers, /^HTTP\/1\.1 200 /);
  t.regex(answers, /HTTP\/1\.1 503 .*Retry-After: 1/is);
  t.true(answers.split('HTTP/1.1 200 ').length < 1000);
  t.is((await ask(there, '/latest/')).status, 200);
});

test('one guest has so many connections and no more, and others have theirs', async (t) => {
  const { state, metadata, ask, dial } = await service();
  t.teardown(metadata.close);
  state.networks = [loopback({ cards: [{ ...stranger, address: there }] })];
  state.guests = [guestSpec({ name: 'stranger' })];
  await metadata.update();
  const sockets: Socket[] = [];
  for (let index = 0; index < 16; index += 1) {
    const socket = dial(here)
      .resume()
      .on('error', () => undefined);
    sockets.push(socket);
    await once(socket, 'connect');
  }
  await t.notThrowsAsync(once(dial(here).resume(), 'close'));
  t.is((await ask(there, '/latest/')).status, 200);
  for (const socket of sockets) t.false(socket.destroyed);
  for (const socket of sockets) socket.destroy();
});

test('what is no request, or too long a one, ends the connection', async (t) => {
  const { metadata, ask, dial } = await service();
  t.teardown(metadata.close);
  const say = async (words: string) => {
    const socket = dial(here);
    socket.write(words);
    return (await rest(socket)).split('\r\n')[0];
  };
  t.is(await say('\x16\x03\x01 hello\r\n\r\n'), 'HTTP/1.1 400 Bad Request');
  t.is(
    await say(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(9000)}\r\n\r\n`),
    'HTTP/1.1 431 Request Header Fields Too Large',
  );
  t.is(await say(`GET /${'y'.repeat(2000)} HTTP/1.1\r\nHost: x\r\n\r\n`), 'HTTP/1.1 414 URI Too Long');
  const unread = dial(here);
  unread.write('GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n');
  t.regex(await rest(unread), /^HTTP\/1\.1 413 .*\r\nconnection: close\r\n/is);
  t.is((await ask(here, mac)).status, 200);
});

test('who begins a request and does not end it is not waited for', async (t) => {
  const { metadata, dial } = await service();
  t.teardown(metadata.close);
  const socket = dial(here);
  socket.write('GET / HTTP/1.1\r\nHost: ');
  t.regex(await rest(socket), /^(HTTP\/1\.1 408 |$)/);
});

test('closing ends what is open', async (t) => {
  const { metadata, ask, dial } = await service();
  const socket = dial(here).resume();
  await once(socket, 'connect');
  const closed = once(socket, 'close');
  await metadata.close();
  await closed;
  await t.throwsAsync(ask(here, mac), { code: 'ECONNREFUSED' });
});

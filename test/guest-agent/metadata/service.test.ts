/** The service as guests meet it. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import test from 'ava';
import { guestSpec } from '../spec.ts';
import { here, loopback, mac, service, there } from './asking.ts';
import { stranger, traveller } from './guests.ts';

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

test('closing ends what is open', async (t) => {
  const { metadata, ask, dial } = await service();
  const socket = dial(here).resume();
  await once(socket, 'connect');
  const closed = once(socket, 'close');
  await metadata.close();
  await closed;
  await t.throwsAsync(ask(here, mac), { code: 'ECONNREFUSED' });
});

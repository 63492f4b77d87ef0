/** What one guest may ask of the service, and what it cannot keep from the others. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import test from 'ava';
import { guestSpec } from '../spec.ts';
import { here, loopback, mac, rest, service, there } from './asking.ts';
import { stranger, traveller } from './guests.ts';

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

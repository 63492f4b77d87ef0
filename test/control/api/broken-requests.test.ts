/** Requests that are wrong before any handler sees them, to the real server. */
import test from 'ava';
import type { Problem } from '../../../src/wire/errors.ts';
import { described } from './fuzz-check.ts';
import { type Answered, fuzzRig } from './fuzz-rig.ts';

const json = { 'content-type': 'application/json' };
const said = ({ status, body }: Answered) => ({ status, code: (JSON.parse(body) as Problem).code });
const bad = { status: 400, code: 'api.bad-request' };
const noRoute = { status: 404, code: 'api.no-route' };

test('a method that a path does not take is answered with those that it takes', async (t) => {
  const { send } = await fuzzRig(t);
  for (const path of new Set(described.map((one) => one.path))) {
    const takes = described.filter((one) => one.path === path).map(({ method }) => method);
    const all = takes.includes('GET') ? [...takes, 'HEAD'] : takes;
    for (const method of ['PATCH', 'OPTIONS', 'PROPFIND', 'GET', 'DELETE'].filter(
      (one) => !all.includes(one),
    )) {
      const answer = await send({ method, path: path.replace(/\{\w+\}/g, 'web1') });
      t.deepEqual(said(answer), { status: 405, code: 'api.bad-method' }, `${method} ${path}`);
      t.deepEqual(String(answer.headers.allow).split(', ').sort(), all.sort(), path);
    }
  }
});

test('bodies: too large, broken, none, of another type, or no object', async (t) => {
  const { send } = await fuzzRig(t);
  const post = async (body: string, headers: Record<string, string> = json) =>
    said(await send({ method: 'POST', path: '/v1/guests', headers, body }));
  const large = JSON.stringify({ name: 'g', metadata: { sshKeys: [], userData: 'x'.repeat(2 ** 20) } });
  t.deepEqual(await post(large), { status: 413, code: 'api.body-too-large' });
  for (const body of [
    '{',
    '',
    'null',
    '[]',
    '7',
    '"text"',
    '{"name":"g",}',
    '{"__proto__":{"x":1}}',
    '\u0000',
  ]) {
    t.deepEqual(await post(body), bad, body);
  }
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  t.deepEqual(await post(`{"name":${deep}}`), bad, 'nested deeply');
  for (const type of ['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'json', '']) {
    const code = await post('{"name":"g"}', type === '' ? {} : { 'content-type': type });
    t.deepEqual(code, { status: 415, code: 'api.bad-content-type' }, type);
  }
  t.deepEqual(
    await post('{"name":"G"}', { 'content-type': 'application/json; charset=utf-8' }),
    bad,
    'understood',
  );
});

test('what is wrong is named: the part of the request, and the fields in it', async (t) => {
  const { send } = await fuzzRig(t);
  const data = async (method: string, path: string, body?: object) => {
    const given = body === undefined ? {} : { headers: json, body: JSON.stringify(body) };
    return (JSON.parse((await send({ method, path, ...given })).body) as Problem).data;
  };
  t.deepEqual(await data('GET', '/v1/guests/NO'), { part: 'path', fields: ['name'] });
  t.deepEqual(await data('DELETE', '/v1/guests/web1?force=perhaps'), { part: 'query', fields: ['force'] });
  t.deepEqual(await data('DELETE', '/v1/guests/web1?force=true&force=false'), {
    part: 'query',
    fields: ['force'],
  });
  const guest = { name: 'g', image: 'micro', host: 'a1', vcpus: 0, disks: [{ name: 'data', bytes: 1 }] };
  t.deepEqual(await data('POST', '/v1/guests', guest), { part: 'body', fields: ['vcpus', 'disks.0.bytes'] });
});

test('paths that climb, hide a slash or a NUL, or mean nothing lead nowhere', async (t) => {
  const { send } = await fuzzRig(t);
  const get = async (path: string) => said(await send({ method: 'GET', path }));
  for (const path of [
    '/v1/../v1/status',
    '/v1/./status',
    '//v1/status',
    '/V1/status',
    '/v1/status/',
    '/',
    '/v1%2fstatus',
  ]) {
    t.deepEqual(await get(path), noRoute, path);
  }
  for (const part of [
    '..%2f..%2fetc%2fpasswd',
    'web1%00',
    'web1%2f',
    '%2e%2e',
    'web1%0a',
    `${'a'.repeat(5_000)}`,
    '%',
    '%ff',
    '%zz',
  ]) {
    t.deepEqual(await get(`/v1/guests/${part}`), bad, part);
  }
  t.deepEqual(await get('/v1/guests/..'), bad);
  t.deepEqual(await get('/v1/operations/..%2f..%2fkeys/proof'), { status: 404, code: 'operation.not-found' });
});

test('what is no HTTP, or another protocol, is answered, and control goes on', async (t) => {
  const { send, sendRaw } = await fuzzRig(t);
  const close = 'Connection: close\r\n';
  for (const raw of [
    'nonsense\r\n\r\n',
    'BREW /v1/status HTTP/1.1\r\nHost: control\r\n\r\n',
    'GET /v1/status HTTP/1.1\r\nHost: control\r\nX: \u0000\r\n\r\n',
    'POST /v1/guests HTTP/1.1\r\nHost: control\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    `GET /v1/status HTTP/1.1\r\nHost: control\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`,
  ]) {
    const [head = '', body = ''] = (await sendRaw(raw)).split('\r\n\r\n');
    t.regex(head, /^HTTP\/1\.1 400 /, raw.slice(0, 80));
    t.is((JSON.parse(body) as Problem).code, 'api.bad-request');
  }
  const offer = 'Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n';
  t.regex(await sendRaw(`GET /v1/status HTTP/1.1\r\nHost: control\r\n${offer}\r\n`), /^HTTP\/1\.1 200 /);
  const socket =
    'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';
  const upgrade = (path: string) => sendRaw(`GET ${path} HTTP/1.1\r\nHost: control\r\n${socket}\r\n`);
  for (const path of [
    '/v1/guests/NO/console',
    '/v1/guests/../console',
    '/v1/guests/a%2fb/console',
    '/elsewhere',
  ]) {
    t.regex(await upgrade(path), /^HTTP\/1\.1 404 [\s\S]*"api\.no-route"/, path);
  }
  t.regex(await sendRaw(`GET /v1/guests/web1 HTTP/1.1\r\nHost: control\r\n${close}\r\n`), /^HTTP\/1\.1 200 /);
  t.is((await send({ method: 'GET', path: '/v1/status' })).status, 200);
});

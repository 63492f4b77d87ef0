/** Who is let in over TLS, and who is not: real sockets on loopback, the whole of control's server behind them. */

import { once } from 'node:events';
import { connect } from 'node:tls';
import test from 'ava';
import { usualLimits } from '../../../src/control/access/attempts.ts';
import { revokeToken } from '../../../src/control/access/tokens.ts';
import type { Needs } from '../../../src/wire/access.ts';
import { api, type RouteName } from '../../../src/wire/api.ts';
import { cert } from './certificate.ts';
import { tlsRig } from './rig.ts';

const lan = JSON.stringify({ name: 'lan9', subnet: '10.99.0.0/24' });
const filled = (name: RouteName) =>
  api[name].path
    .replace(/:port/, '80')
    .replace(/:protocol/, 'tcp')
    .replace(/:\w+/g, 'x1');

test('without a token nothing is told: no route, no description, no path that there is not', async (t) => {
  const { ask } = await tlsRig(t, { ...usualLimits, burst: 500 });
  for (const name of Object.keys(api) as RouteName[]) {
    const { status, code } = await ask(filled(name), { method: api[name].method });
    t.deepEqual([status, code], [401, 'access.no-token'], name);
  }
  for (const path of ['/openapi.json', '/metrics', '/nothing', '/v1/guests/../status', '/%2e%2e/v1/status']) {
    t.is((await ask(path)).code, 'access.no-token', path);
  }
});

test('forged, cut, expired and revoked tokens are refused', async (t) => {
  const { ask, token, store } = await tlsRig(t);
  const good = token({ name: 'good' });
  t.is((await ask('/v1/status', { token: good })).status, 200);
  const other = `${good.slice(0, -2)}${good.endsWith('AA') ? 'BB' : 'AA'}`;
  for (const bad of [other, good.slice(0, -1), `${good}A`, 'x', good.replace('blanket_', 'blanket-')]) {
    const { status, code, text } = await ask('/v1/status', { token: bad });
    t.deepEqual([status, code], [401, 'access.bad-token']);
    t.false(text.includes(bad) && bad !== 'x');
  }
  for (const authorization of [`Basic ${good}`, good, 'Bearer ', `Bearer ${good} ${good}`]) {
    t.is((await ask('/v1/status', { headers: { authorization } })).code, 'access.no-token');
  }
  const late = token({ name: 'late', validMs: 1 });
  while (Date.parse(store.tokens.get('late').expiresAt) > Date.now());
  t.is((await ask('/v1/status', { token: late })).code, 'access.token-expired');
  revokeToken(store, 'good');
  t.is((await ask('/v1/status', { token: good })).code, 'access.token-revoked');
});

test('each route is refused to every role that is below what it needs, before its body is looked at', async (t) => {
  const { ask, token, audit } = await tlsRig(t, { ...usualLimits, burst: 500 });
  const tokens = { viewer: token(), operator: token({ role: 'operator' }) };
  for (const name of Object.keys(api) as RouteName[]) {
    const [least, ...rights]: Needs = api[name].needs;
    const lacking = [
      ...(least !== 'viewer' || rights.length > 0 ? ['viewer' as const] : []),
      ...(least === 'admin' || rights.length > 0 ? ['operator' as const] : []),
    ];
    for (const role of lacking) {
      const body = api[name].method === 'GET' || api[name].method === 'DELETE' ? {} : { body: '{' };
      const { status, code } = await ask(filled(name), {
        method: api[name].method,
        token: tokens[role],
        ...body,
      });
      t.deepEqual([status, code], [403, 'access.not-allowed'], `${role} ${name}`);
    }
  }
  t.regex(audit(), /"event":"refused".*"route":"token.create"/);
  t.false(audit().includes(tokens.viewer.slice(-40)));
});

test('to migrate takes both rights', async (t) => {
  const { ask, token } = await tlsRig(t);
  const migrate = async (given: Parameters<typeof token>[0]) =>
    (await ask('/v1/guests/nobody/migrate', { method: 'POST', token: token(given), body: '{"to":"b1"}' }))
      .code;
  t.is(await migrate({ migrateOut: true }), 'access.not-allowed');
  t.is(await migrate({ role: 'operator', migrateIn: true }), 'access.not-allowed');
  t.is(await migrate({ migrateOut: true, migrateIn: true }), 'guest.not-found');
  t.is(await migrate({ role: 'admin' }), 'guest.not-found');
});

test('a change is written down with the token’s name and the address, and its secret nowhere', async (t) => {
  const { ask, token, audit, store } = await tlsRig(t);
  const admin = token({ name: 'ann', role: 'admin' });
  t.is((await ask('/v1/networks', { method: 'POST', token: admin, body: lan })).status, 201);
  const body = JSON.stringify({ name: 'bob', role: 'viewer', validMs: 60_000 });
  const made = await ask('/v1/tokens', { method: 'POST', token: admin, body });
  t.is(made.status, 201);
  const { token: secret } = JSON.parse(made.text) as { token: string };
  t.is((await ask('/v1/status', { token: secret })).status, 200);
  t.regex(audit(), /"kind":"token","name":"ann".*"from":"127\.0\.0\.1:\d+","route":"network\.create"/);
  const listed = (await ask('/v1/tokens', { token: admin })).text;
  for (const place of [audit(), listed, JSON.stringify(store.tokens.list())]) {
    for (const one of [secret, admin]) t.false(place.includes(one.slice(-43)));
  }
  t.false(listed.includes('hash'));
});

test('bad tokens lock their address out, good ones with them, and that is written down once', async (t) => {
  const { ask, token, audit } = await tlsRig(t, { ...usualLimits, attempts: 3, lockedMs: 600_000 });
  const good = token();
  for (const _ of [1, 2, 3]) t.is((await ask('/v1/status', { token: 'x' })).status, 401);
  for (const one of ['x', good]) {
    t.deepEqual((await ask('/v1/status', { token: one })).code, 'access.too-many');
  }
  t.is((await ask('/v1/status', { token: good })).status, 429);
  t.is(audit().match(/"event":"locked-out"/g)?.length, 1);
});

test('an address that asks too much has to wait', async (t) => {
  const { ask, token } = await tlsRig(t, { ...usualLimits, rate: 0.001, burst: 2 });
  const good = token();
  t.is((await ask('/v1/status', { token: good })).status, 200);
  t.is((await ask('/v1/status', { token: good })).status, 200);
  t.is((await ask('/v1/status', { token: good })).status, 429);
});

test('pages of other sites and other names for control are refused, good token or not', async (t) => {
  const { ask, token, port } = await tlsRig(t);
  const good = token();
  const code = async (headers: Record<string, string>) =>
    (await ask('/v1/status', { token: good, headers })).code;
  t.is(await code({ origin: 'https://evil.example' }), 'access.foreign-origin');
  t.is(await code({ origin: 'null' }), 'access.foreign-origin');
  t.is(await code({ origin: `http://127.0.0.1:${port}` }), 'access.foreign-origin');
  t.is(await code({ host: 'evil.example' }), 'access.wrong-host');
  t.is(await code({ host: 'control.test.evil.example' }), 'access.wrong-host');
  t.is(await code({ host: 'control.test', origin: 'https://control.test' }), undefined);
});

test('oversized and malformed requests are refused, and control goes on', async (t) => {
  const { ask, token, raw } = await tlsRig(t);
  const admin = token({ role: 'admin' });
  const post = (body: string) => ask('/v1/networks', { method: 'POST', token: admin, body });
  t.is((await post(`"${'x'.repeat(2 << 20)}"`)).status, 413);
  for (const body of ['{', '[]', '"x"', '{"name":7}', `{"__proto__":{"x":1}}`, '[['.repeat(50_000)]) {
    t.is((await post(body)).status, 400, body.slice(0, 30));
  }
  t.is((await ask('/v1/status', { token: admin, headers: { 'x-long': 'x'.repeat(20_000) } })).status, 431);
  t.regex(await raw('rubbish\r\n\r\n'), /^HTTP\/1\.1 400 /);
  const head = `POST /v1/networks HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${admin}\r\n`;
  t.regex(
    await raw(`${head}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`),
    /^HTTP\/1\.1 400 /,
  );
  for (const path of [
    '/v1/guests/..%2f..%2fstatus',
    '/v1//status',
    '/v1/guests/%00',
    '/v1/networks/%zz',
    '/V1/STATUS',
  ]) {
    const { status } = await ask(path, { token: admin });
    t.true(status === 400 || status === 404, `${path} ${status}`);
  }
  t.is((await ask('/v1/status', { token: admin })).status, 200);
});

test('a console is opened with a token of an operator only, and not from a foreign page', async (t) => {
  const { ask, token, audit } = await tlsRig(t);
  const upgrade = { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
  const open = (given: object, more = {}) =>
    ask('/v1/guests/web1/console', {
      ...given,
      headers: { ...upgrade, 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==', ...more },
    });
  t.is((await open({})).code, 'access.no-token');
  t.is((await open({ token: token() })).code, 'access.not-allowed');
  const operator = token({ role: 'operator' });
  t.is((await open({ token: operator }, { origin: 'https://evil.example' })).code, 'access.foreign-origin');
  t.regex(audit(), /"event":"refused".*"route":"guest.console"/);
});

test('TLS below 1.3 is not spoken, nor HTTP without TLS', async (t) => {
  const { port } = await tlsRig(t);
  const old = connect({ host: '127.0.0.1', port, ca: cert, maxVersion: 'TLSv1.2' });
  const [error] = (await once(old, 'error')) as [NodeJS.ErrnoException];
  t.regex(String(error.code), /ALERT|VERSION|RESET/);
  await t.throwsAsync(fetch(`http://127.0.0.1:${port}/v1/status`));
});

test('over the Unix socket, which is its owner’s alone, no token is asked for', async (t) => {
  const { server } = await tlsRig(t);
  t.is((await server.inject({ url: '/v1/tokens' })).statusCode, 200);
});

/** The program that QEMU starts for each connection, with real connections in QEMU's place. */
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import type { Instance, MetadataKind } from '../../../infra/metadata/instance.ts';
import { serveCommand } from '../../../infra/metadata/serve-command.ts';
import { readNotice, setNotice, writeInstance } from '../../../infra/metadata/vm-files.ts';
import { start } from '../../../src/process/run.ts';
import { instance, noticeOf } from '../../infra-metadata/situation.ts';

type Place = { vm: string; port: number; ended: Promise<unknown>[] };

/** Hands each connection over to a program of its own, as QEMU does. */
async function makePlace(
  t: ExecutionContext,
  kind: MetadataKind,
  more: Partial<Instance> = {},
): Promise<Place> {
  const vm = await mkdtemp(join(tmpdir(), 'metadata vm-'));
  await writeInstance(vm, { ...instance, kind, ...more });
  const [program = '', ...args] = serveCommand(vm);
  const ended: Promise<unknown>[] = [];
  const server = createServer({ pauseOnConnect: true }, (connection) => {
    const child = start(program, args, { stdio: [connection, connection, connection] });
    ended.push(once(child, 'exit').then(() => connection.destroy()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(async () => {
    server.close();
    await Promise.all(ended);
    await rm(vm, { recursive: true });
  });
  return { vm, port: (server.address() as AddressInfo).port, ended };
}

type Asked = {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  agent?: Agent;
  body?: string;
};

async function ask({ port }: Place, { body, agent, ...asked }: Asked) {
  const sent = request({ host: '127.0.0.1', port, agent: agent ?? new Agent(), ...asked });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

const ttl = { 'x-aws-ec2-metadata-token-ttl-seconds': '60' };
const google = { 'metadata-flavor': 'Google' };
const preempted = '/computeMetadata/v1/instance/preempted';

test.serial('a token of one connection is good on others, many at once', async (t) => {
  const place = await makePlace(t, 'aws');
  const token = (await ask(place, { method: 'PUT', path: '/latest/api/token', headers: ttl })).body;
  const headers = { 'x-aws-ec2-metadata-token': token };
  const paths = ['user-data', 'meta-data/mac', 'meta-data/', 'dynamic/instance-identity/document'];
  const given = await Promise.all(paths.map((path) => ask(place, { path: `/latest/${path}`, headers })));
  t.deepEqual(
    given.map(({ status }) => status),
    [200, 200, 200, 200],
  );
  t.is(given[0]?.body, instance.userData);
  t.is((await ask(place, { path: '/latest/meta-data/mac' })).status, 401);
});

test.serial('a connection that is kept is one program, which ends with it', async (t) => {
  const place = await makePlace(t, 'gce');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let time = 0; time < 5; time += 1) {
    t.is((await ask(place, { path: preempted, headers: google, agent })).body, 'FALSE');
  }
  t.is(place.ended.length, 1);
  agent.destroy();
  await Promise.all(place.ended);
});

test.serial('a notice is told from the next answer on, and ends a wait', async (t) => {
  const place = await makePlace(t, 'gce');
  const before = await ask(place, { path: preempted, headers: google });
  t.is(before.body, 'FALSE');
  const wait = `${preempted}?wait_for_change=true&last_etag=${before.headers.etag}`;
  const waiting = ask(place, { path: wait, headers: google });
  await setNotice(place.vm, noticeOf('reclaim'));
  t.is((await waiting).body, 'TRUE');
  t.is((await ask(place, { path: preempted, headers: google })).body, 'TRUE');
  await setNotice(place.vm, undefined);
  t.is((await ask(place, { path: preempted, headers: google })).body, 'FALSE');
});

test.serial('a wait that nobody waits for any more ends', async (t) => {
  const place = await makePlace(t, 'gce');
  const sent = request({
    host: '127.0.0.1',
    port: place.port,
    path: `${preempted}?wait_for_change=true`,
    headers: google,
  });
  sent.on('error', () => undefined); // its own end
  sent.end();
  while (place.ended.length === 0) await new Promise(setImmediate);
  sent.destroy();
  await Promise.all(place.ended);
  t.pass();
});

test.serial('an acknowledgement is kept', async (t) => {
  const place = await makePlace(t, 'azure');
  await setNotice(place.vm, noticeOf('reclaim'));
  const given = await ask(place, {
    method: 'POST',
    path: '/metadata/scheduledevents?api-version=2020-07-01',
    headers: { metadata: 'true' },
    body: JSON.stringify({ StartRequests: [{ EventId: noticeOf('reclaim').id }] }),
  });
  t.is(given.status, 200);
  t.true((await readNotice(place.vm))?.acknowledged);
});

const nonsense: [what: string, bytes: string, status: RegExp][] = [
  ['no HTTP', 'hello\r\n\r\n', /^HTTP\/1\.1 400 /],
  ['a target that is no path', 'GET latest HTTP/1.1\r\nHost: x\r\n\r\n', /^HTTP\/1\.1 400 /],
  ['a broken percent sign', 'GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n', /^HTTP\/1\.1 400 /],
  [
    'too much',
    'PUT /latest/api/token HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n',
    /^HTTP\/1\.1 413 /,
  ],
];
for (const [what, bytes, status] of nonsense) {
  test.serial(`${what} is refused, and the program ends`, async (t) => {
    const place = await makePlace(t, 'aws');
    const socket = connect(place.port, '127.0.0.1');
    socket.write(bytes);
    t.regex(await text(socket), status);
    await Promise.all(place.ended);
  });
}

test.serial('damaged files are a fault of ours, logged here and not told there', async (t) => {
  const place = await makePlace(t, 'openstack');
  await writeFile(join(place.vm, 'metadata.json'), '{"version": 2}');
  const given = await ask(place, { path: '/openstack' });
  t.is(given.status, 500);
  t.is(given.body, '');
  t.regex(await readFile(join(place.vm, 'metadata.log'), 'utf8'), /metadata\.json is damaged/);
});

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { pino } from 'pino';
import { makeServer } from '../../../src/control/api/server.ts';
import type { AuditEntry } from '../../../src/wire/audit.ts';
import { rig } from '../network/rig.ts';

async function control(t: ExecutionContext) {
  const { services, store } = rig(t);
  const server = await makeServer(services, pino({ level: 'silent' }));
  t.teardown(() => server.close());
  const file = join(services.paths.state, 'audit', 'log.jsonl');
  return {
    ...{ server, store, file, operations: services.operations },
    text: () => readFileSync(file, 'utf8'),
    list: async (query = '') => (await server.inject({ url: `/v1/audit${query}` })).json() as AuditEntry[],
  };
}

const lan = { name: 'lan9', subnet: '10.99.0.0/24' };

test('a change is told with who, what, from where, and what came of it; reading is not', async (t) => {
  const { server, list } = await control(t);
  await server.inject({ method: 'POST', url: '/v1/networks', payload: lan });
  await server.inject({ method: 'POST', url: '/v1/networks', payload: lan });
  await server.inject({ url: '/v1/networks' });
  await server.inject({ method: 'DELETE', url: '/v1/guests/nobody?force=true' });
  await server.inject({ method: 'POST', url: '/v1/networks', payload: { name: 'Not A Name' } });
  const entries = await list();
  t.deepEqual(
    entries.map(({ what, outcome, code }) => [what, outcome, code]),
    [
      ['guest.remove', 'refused', 'guest.not-found'],
      ['network.create', 'refused', 'network.overlap'],
      ['network.create', 'done', null],
    ],
  );
  t.like(entries[0], { params: { name: 'nobody' }, query: { force: true } });
  t.like(entries[2], { from: 'socket', who: { kind: 'local', user: userInfo().username }, body: lan });
});

test('work that goes on is told with its operation', async (t) => {
  const { server, list, operations } = await control(t);
  const nothing = { phases: [], afterRestart: 'undo', undoneState: 'failed' } as const;
  operations.define({ kind: 'host.remove', ...nothing });
  const answer = await server.inject({ method: 'DELETE', url: '/v1/hosts/a1' });
  const { id } = answer.json() as { id: string };
  t.like((await list())[0], { what: 'host.remove', outcome: 'accepted', operation: id });
});

test('secrets come into it by no field of a body', async (t) => {
  const { server, text, list } = await control(t);
  const secret = 'hunter2-hunter2';
  const config = { password: secret };
  await server.inject({ method: 'POST', url: '/v1/clouds', payload: { name: 'x', type: 'ssh', config } });
  const metadata = { sshKeys: [], userData: secret };
  await server.inject({
    ...{ method: 'POST', url: '/v1/guests' },
    payload: { name: 'g', image: 'i', host: 'h', metadata },
  });
  t.false(text().includes(secret));
  const told = (await list()).map(({ what, untold }) => [what, untold]);
  t.deepEqual(told, [
    ['guest.create', ['metadata']],
    ['cloud.add', ['config']],
  ]);
});

test('a change that cannot be written down is not made', async (t) => {
  const { server, store, file } = await control(t);
  rmSync(join(file, '..'), { recursive: true });
  writeFileSync(join(file, '..'), 'in the way');
  const answer = await server.inject({ method: 'POST', url: '/v1/networks', payload: lan });
  t.is(answer.statusCode, 500);
  t.is((answer.json() as { code: string }).code, 'audit.not-written');
  t.is(store.networks.find(lan.name), undefined);
  t.is((await server.inject({ url: '/v1/networks' })).statusCode, 200, 'reading goes on');
});

test('the list has a limit and a beginning; verification a word', async (t) => {
  const { server, list, file } = await control(t);
  for (const n of [1, 2, 3]) await server.inject({ method: 'DELETE', url: `/v1/networks/n${n}` });
  t.deepEqual(
    (await list('?limit=2')).map(({ params }) => params.name),
    ['n3', 'n2'],
  );
  const [, second] = await list();
  t.is((await list(`?since=${second?.at}`)).length >= 2, true);
  t.is((await list('?since=2999-01-01T00:00:00Z')).length, 0);
  const verify = async () => (await server.inject({ url: '/v1/audit/verification' })).json() as object;
  t.like(await verify(), { ok: true, lines: 6 });
  writeFileSync(file, readFileSync(file, 'utf8').replace('n2', 'n9'));
  t.like(await verify(), { ok: false });
});

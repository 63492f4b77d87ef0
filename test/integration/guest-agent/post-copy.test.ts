/** The agents' part of post-copy between two libvirtd: a guest that does not converge goes over, also when its way breaks. */
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { BlanketError } from '../../../src/wire/errors.ts';
import type { PostCopyState } from '../../../src/wire/migration.ts';
import { checksMemory, roundsOf } from './checking-guest.ts';
import { openSlowWay } from './slow-way.ts';
import { type Agent, asAt, runGuest, startAgent } from './two-agents.ts';

const way = { suspended: false, autoConverge: false, connections: 1, postcopy: true };
const listenAddress = '127.0.0.1';
const mebi = 2 ** 20;

let here: Agent;
let there: Agent;

test.before(async () => {
  [here, there] = [await startAgent(), await startAgent()];
});

test.after.always(async () => {
  for (const agent of [here, there]) await agent?.stop();
});

/** Brings a guest that never converges to where it has switched: its memory, which is still here, follows slowly. */
async function switched(t: ExecutionContext, guest: string) {
  const id = { operation: `op-${guest}`, guest };
  const { spec, domain } = await runGuest(here, [here, there], guest, checksMemory);
  await roundsOf(domain, 1);
  const begun = await here.call('migrate.begin', { ...id, way });
  const xml = asAt(here, there, begun.xml);
  const ready = await there.call('migrate.prepare', { ...id, ...begun, xml, spec, listenAddress, way });
  const slow = await openSlowWay(ready.uri, 4 * mebi);
  t.teardown(() => slow.close());
  const goal = { maxDowntimeMs: 20, maxTotalMs: 1_000, onTimeout: 'postcopy' as const, bandwidth: 2 * mebi };
  const sent = await here.call('migrate.perform', { ...id, ...ready, ...goal, xml, way, uri: slow.uri });
  const sentAt = performance.now();
  t.true(sent.postcopy);
  const finish = { ...id, cookie: sent.cookie, cancelled: false, postcopy: true };
  const status = (agent: Agent) => agent.call('migrate.status', id);
  return { id, slow, finish, status, sent, sentAt };
}

/** By the test's own eyes: when the guest stopped and went on, in libvirt's words to another connection. */
async function watchSwitch(guest: string): Promise<{ pausedAt?: number; goneOnAt?: number }> {
  const seen: { pausedAt?: number; goneOnAt?: number } = {};
  await here.connection.events.on('lifecycle', ({ domain, event }) => {
    if (domain.name === guest && event === 'suspended') seen.pausedAt ??= performance.now();
  });
  await there.connection.events.on('lifecycle', ({ domain, event }) => {
    if (domain.name === guest && event === 'resumed') seen.goneOnAt ??= performance.now();
  });
  return seen;
}

async function until(engine: Agent['engine'], guest: string, wanted: PostCopyState): Promise<void> {
  while ((await engine.postCopy(guest)) !== wanted) await sleep(20);
}

/** It runs there alone, and has lost nothing of its memory. */
async function wholeThere(t: ExecutionContext, guest: string): Promise<void> {
  const domain = await there.connection.domains.byName(guest);
  t.like(await domain.state(), { state: 'running' });
  t.false((await roundsOf(domain, 33)).includes('!'));
  t.is(await here.engine.state(guest), 'absent');
  await domain.destroy();
  t.is(await there.engine.state(guest), 'stopped', 'it is defined there');
  await domain.undefine();
}

test.serial('a guest that does not converge goes over by post-copy, and is whole', async (t) => {
  const seen = await watchSwitch('late');
  const { id, slow, finish, status, sent, sentAt } = await switched(t, 'late');
  t.like(await status(here), { switched: true, guest: 'paused', postcopy: 'active' });
  const woken = here.call('migrate.keep', { ...id, decided: true });
  t.is((await t.throwsAsync(woken, { instanceOf: BlanketError }))?.code, 'migrate.switched');
  await here.call('migrate.cancel', id); // too late: nothing happens
  let handoverMs: number | undefined;
  const finished = await there.call('migrate.finish', finish, () => {
    handoverMs ??= performance.now() - sentAt;
  });
  t.true(finished.running);
  const { cookie } = finished;
  const { stats } = await here.call('migrate.confirm', { ...id, cookie, cancelled: false });
  await wholeThere(t, id.guest);
  const [all, wire] = [stats?.memoryDone ?? 0, slow.bytes()];
  t.true(all > 0.9 * wire && all < 1.1 * wire, `${all} bytes told, ${wire} passed on`);
  t.true(sent.stats.memoryDone < wire / 2, 'most came after the switch');
  const still = (seen.goneOnAt ?? Number.NaN) - (seen.pausedAt ?? Number.NaN);
  const told = (sent.stats.downtimeMs ?? Number.NaN) + (handoverMs ?? Number.NaN);
  t.true(Math.abs(told - still) <= 100 + 0.2 * still, `told ${told} ms, seen ${still} ms`);
});

test.serial('a way that breaks: both halves are kept, and it is taken up again', async (t) => {
  const { id, slow, finish, status } = await switched(t, 'torn');
  const broken = t.throwsAsync(there.call('migrate.finish', finish), { instanceOf: BlanketError });
  await until(there.engine, id.guest, 'active');
  slow.break();
  t.is((await broken)?.code, 'migrate.postcopy-failed');
  for (const side of [here, there]) await until(side.engine, id.guest, 'failed');
  t.like(await status(here), { switched: true, guest: 'paused', postcopy: 'failed', busy: false });
  await here.restart(); // whoever takes it up need not be who began it
  await there.restart();
  const begun = await here.call('migrate.recover-begin', { ...id, way });
  const xml = asAt(here, there, begun.xml);
  const ready = await there.call('migrate.recover-prepare', { ...id, ...begun, xml, listenAddress, way });
  const { cookie } = await here.call('migrate.recover-perform', { ...id, ...ready, xml });
  const finished = await there.call('migrate.recover-finish', { ...id, cookie });
  t.true(finished.running);
  await here.call('migrate.confirm', { ...id, cookie: finished.cookie, cancelled: false });
  await wholeThere(t, id.guest);
});

test.serial('the destination’s agent is started anew while memory comes: libvirt goes on', async (t) => {
  const { id, finish, status } = await switched(t, 'orphan');
  const cut = t.throwsAsync(there.call('migrate.finish', finish));
  await until(there.engine, id.guest, 'active');
  await there.restart();
  await cut;
  const asked = await there.call('migrate.finish', finish).catch((error: unknown) => error);
  if (asked instanceof Error) t.like(asked, { code: 'migrate.postcopy-active' });
  await until(there.engine, id.guest, 'none');
  t.like(await status(there), { guest: 'running', postcopy: 'none' });
  t.true((await there.call('migrate.finish', finish)).running);
  await here.call('migrate.confirm', { ...id, cookie: '', cancelled: false });
  await wholeThere(t, id.guest);
});

import test, { type ExecutionContext } from 'ava';
import { conformHandlers } from '../../../src/control/api/conform-handlers.ts';
import { refuseRebooting } from '../../../src/control/conform/admit.ts';
import { lastRecord } from '../../../src/control/conform/records.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import { guestOn, hostRecord, openControl, type Rig, rig } from './fake-host.ts';

const body = { reboot: true, bootTimeoutMs: 60_000 };
const params = { name: 'a1' };

const begin = ({ services }: Rig, change: Partial<typeof body> = {}) => {
  const { 'host.conform': start } = conformHandlers(services);
  return start({ params, query: {}, body: { ...body, ...change } });
};

async function ended({ services }: Rig, id: string) {
  for (let since = 0; ; ) {
    const operation = await services.operations.wait(id, since, 5_000);
    if (operation.state !== 'running') return operation;
    since = operation.version;
  }
}

const run = async (made: Rig, change?: Partial<typeof body>) => ended(made, (await begin(made, change)).id);

const verdict = ({ store }: Rig, name: string) =>
  lastRecord(store, 'a1')?.checks.find((check) => check.name === name)?.verdict;

function tryCome({ store }: Rig): unknown {
  try {
    refuseRebooting(store, 'a1');
    refuseRebooting(store, 'another');
    return undefined;
  } catch (error) {
    return error;
  }
}

const count = (calls: readonly string[], method: string) => calls.filter((call) => call === method).length;

test('a host is measured, rebooted and measured again, and the record is kept', async (t) => {
  const made = await rig(t);
  made.store.hosts.insert(hostRecord('b1', 2));
  const operation = await run(made);
  t.like(operation, { state: 'done', result: { host: 'a1', ok: true, failed: [] } });
  t.deepEqual(
    operation.phases.map(({ name }) => name),
    ['admit', 'measure', 'reboot', 'return', 'remeasure', 'judge'],
  );
  const record = await conformHandlers(made.services)['host.conformance']({ params, query: {}, body: {} });
  t.like(record, { host: 'a1', ok: true, rebooted: true, cloudType: 'local', profile: 'openstack-kvm' });
  t.like(record, { before: { bootId: 'boot-1' }, after: { bootId: 'boot-2' }, operation: operation.id });
  // the answers of memory take no time, so the two readings of the clock are too near to one another to tell
  t.deepEqual(
    record.checks.filter((check) => check.verdict !== 'ok').map(({ name }) => name),
    ['clock drift'],
  );
  t.is(record.checks.length, 14);
  t.is(count(made.host.calls, 'host.reboot'), 1);
  t.is(made.host.calls.at(-1), 'conform.clean');
});

test('a check that fails is a result; what cannot be measured is skipped', async (t) => {
  const made = await rig(t);
  made.host.answers['conform.check-kept'] = () => ({
    present: false,
    intact: false,
    blocks: 9,
    tornBlocks: 9,
  });
  made.host.answers['conform.disk'] = () => {
    throw new Error('dd broke.');
  };
  const operation = await run(made);
  const failed = ['disk persistence', 'disk write', 'disk read'];
  t.like(operation, { state: 'done', result: { ok: false, failed } });
  t.is(verdict(made, 'nic throughput'), 'skipped');
  t.is(verdict(made, 'engine'), 'ok');
});

test('without a reboot nothing is kept, and nothing is said of it', async (t) => {
  const made = await rig(t);
  made.store.guests.insert(guestOn('a1'));
  t.like(await run(made, { reboot: false }), { state: 'done', result: { ok: true } });
  t.like(lastRecord(made.store, 'a1'), { rebooted: false, rebootMs: null, after: null });
  t.is(verdict(made, 'disk persistence'), 'skipped');
  t.false(made.host.calls.includes('host.reboot'));
  t.false(made.host.calls.includes('conform.keep'));
});

test('a host with guests is not rebooted, and it says what to do', async (t) => {
  const made = await rig(t);
  made.store.guests.insert(guestOn('a1'));
  const refusal = { code: 'conform.host-in-use', message: /web1/ };
  const error = await t.throwsAsync<BlanketError>(async () => begin(made), refusal);
  t.is(error.kind, 'blocked');
  t.regex(error.next ?? '', /--no-reboot/);
  t.deepEqual(made.host.calls, []);
});

test('a guest that comes while the host is measured stops the reboot', async (t) => {
  const made = await rig(t);
  made.host.before = async (method) => {
    if (method === 'conform.overhead') made.store.guests.insert(guestOn('a1'));
  };
  t.like(await run(made), { state: 'failed', problem: { code: 'conform.host-in-use' } });
  t.false(made.host.calls.includes('host.reboot'));
  t.is(made.host.calls.at(-1), 'conform.clean');
  t.is(lastRecord(made.store, 'a1'), undefined);
});

test('a host that is not ready, or not there, is not begun with', async (t) => {
  const made = await rig(t);
  made.store.hosts.update('a1', { state: 'unreachable' });
  await t.throwsAsync(async () => begin(made), { code: 'host.not-ready' });
  made.store.hosts.remove('a1');
  await t.throwsAsync(async () => begin(made), { code: 'host.not-found' });
});

test('a host that was never measured, or only one of its name, has no record', async (t) => {
  const made = await rig(t);
  const last = async () =>
    conformHandlers(made.services)['host.conformance']({ params, query: {}, body: {} });
  await t.throwsAsync(last, { code: 'conformance.not-found' });
  await run(made, { reboot: false });
  t.is((await last()).host, 'a1');
  made.store.hosts.update('a1', { createdAt: '2099-01-01T00:00:00.000Z' });
  await t.throwsAsync(last, { code: 'conformance.not-found' });
});

test('a host that does not come back needs a person, and is said to be unreachable', async (t) => {
  const made = await rig(t);
  made.host.answers['host.reboot'] = () => {
    made.host.stuck = true;
  };
  const operation = await run(made, { bootTimeoutMs: 1_000 });
  t.like(operation, { state: 'attention', problem: { code: 'host.not-back' } });
  t.deepEqual(operation.problem?.data, { host: 'a1', console: '' });
  t.is(made.store.hosts.get('a1').state, 'unreachable');
});

test('a host that answers is not said to be unreachable, whatever else is wrong with it', async (t) => {
  const made = await rig(t);
  made.host.answers['host.reboot'] = () => undefined;
  const operation = await run(made, { bootTimeoutMs: 100 });
  t.like(operation, { state: 'attention', problem: { code: 'host.not-rebooted' } });
  t.is(made.store.hosts.get('a1').state, 'ready');
});

test('guests may not come before the host has rebooted, and may afterwards', async (t) => {
  const made = await rig(t);
  const seen: Record<string, unknown> = {};
  made.host.before = async (method) => {
    const error = tryCome(made);
    seen[method] ??= error instanceof BlanketError ? { code: error.code, kind: error.kind } : 'let in';
  };
  t.like(await run(made), { state: 'done' });
  const refused = { code: 'host.in-use', kind: 'conflict' };
  t.like(seen, { 'conform.keep': refused, 'host.reboot': refused, 'conform.check-kept': 'let in' });
  t.is(tryCome(made), undefined);
});

test('guests may come to a host that is not to be rebooted', async (t) => {
  const made = await rig(t);
  let error: unknown = 'not asked';
  made.host.before = async (method) => {
    if (method === 'conform.disk') error = tryCome(made);
  };
  t.like(await run(made, { reboot: false }), { state: 'done' });
  t.is(error, undefined);
});

test('cancelled while it is measured, it leaves nothing behind', async (t) => {
  const made = await rig(t);
  made.host.before = async (method) => {
    const [operation] = made.services.operations.list();
    if (method === 'conform.disk' && operation) made.services.operations.cancel(operation.id);
  };
  t.like(await run(made), { state: 'cancelled' });
  t.is(made.host.calls.at(-1), 'conform.clean');
  t.false(made.host.calls.includes('host.reboot'));
});

test('cancelled while the host is away, it ends as cancelled, and the file goes when the host is there', async (t) => {
  const made = await rig(t);
  const { operations } = made.services;
  made.host.answers['host.reboot'] = () => {
    made.host.stuck = true;
    setTimeout(() => operations.cancel(String(operations.list()[0]?.id)), 500);
    setTimeout(() => {
      made.host.stuck = false;
    }, 1_500);
  };
  const operation = await run(made);
  t.like(operation, { state: 'cancelled', problem: { code: 'operation.cancelled' } });
  t.is(operation.phases.find(({ name }) => name === 'remeasure')?.state, 'waiting');
  t.is(made.host.calls.at(-1), 'conform.clean');
});

/** Ends the control as a crash does, when the host is asked something, and opens the next one. */
async function crashAt(t: ExecutionContext, method: string): Promise<Rig> {
  const made = await rig(t);
  const crash = Promise.withResolvers<void>();
  made.host.before = (called) => {
    if (called !== method) return Promise.resolve();
    crash.resolve();
    return new Promise(() => undefined);
  };
  await begin(made);
  await crash.promise;
  made.store.close();
  made.host.before = async () => undefined;
  const next = openControl(made.directory, made.host);
  next.services.operations.recoverAll();
  return next;
}

for (const method of ['conform.disk', 'host.reboot', 'conform.check-kept']) {
  test(`the next control goes on where one ended at ${method}, and reboots the host once`, async (t) => {
    const next = await crashAt(t, method);
    const [operation] = next.services.operations.list();
    t.like(await ended(next, operation?.id ?? ''), { state: 'done', result: { ok: true } });
    t.is(next.host.boot, 2);
    t.is(next.store.conformance.list().length, 1);
    t.is(next.host.calls.at(-1), 'conform.clean');
  });
}

test('a line that breaks as the host goes down is no failure', async (t) => {
  const made = await rig(t);
  made.host.answers['host.reboot'] = () => {
    made.host.boot++;
    throw new BlanketError('agent.lost', 'The connection ended.');
  };
  t.like(await run(made), { state: 'done', result: { ok: true } });
});

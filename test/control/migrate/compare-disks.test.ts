import test from 'ava';
import type { Agents } from '../../../src/control/agents/agents.ts';
import { compareDisks } from '../../../src/control/migrate/compare-disks.ts';
import { copy } from '../../../src/control/migrate/copy.ts';
import type { MigrateState } from '../../../src/control/migrate/state.ts';
import type { Phase } from '../../../src/control/run-phases.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import { defaultObjective } from '../../../src/wire/objective.ts';
import { guestRecord } from '../fleet/rig.ts';
import { rig } from '../network/rig.ts';

const one = `sha256:${'1'.repeat(64)}`;
const other = `sha256:${'2'.repeat(64)}`;
const never = new AbortController().signal;

const state = {
  ...{ operation: 'op-1', guest: 'web1', source: 'a1', destination: 'b1' },
  objective: { ...defaultObjective, verifyDisk: true },
  begun: { xml: '', cookie: '' },
  prepared: { uri: '', disksUri: '', cookie: '' },
} satisfies MigrateState;

/** Agents that answer with these digests, or fail with this error. */
const agents = (answers: Record<string, string | Error>) =>
  ({
    async call(host: string, method: string) {
      if (method === 'migrate.perform') return { cookie: '', stats: {} };
      const answer = answers[host];
      if (method !== 'migrate.digest' || typeof answer !== 'string') throw answer;
      return { digest: answer, bytes: 1 };
    },
  }) as unknown as Agents;

test('disks that are the same are kept as such', async (t) => {
  t.deepEqual(await compareDisks({ agents: agents({ a1: one, b1: one }) }, state, never), {
    source: one,
    destination: one,
  });
});

test('disks that differ, or cannot be read, roll the migration back', async (t) => {
  const differs = compareDisks({ agents: agents({ a1: one, b1: other }) }, state, never);
  const error = await t.throwsAsync(differs, { instanceOf: BlanketError, code: 'migrate.disk-differs' });
  t.is(error?.kind, 'rolled-back');
  t.deepEqual(error?.data, { guest: 'web1', source: one, destination: other });
  const old = new BlanketError('agent.unknown-method', 'No such method.', { kind: 'not-found' });
  const unread = compareDisks({ agents: agents({ a1: one, b1: old }) }, state, never);
  const unknown = await t.throwsAsync(unread, { instanceOf: BlanketError, code: 'migrate.disk-not-read' });
  t.is(unknown?.kind, 'rolled-back');
});

for (const [digest, ends, verifyDisk] of [
  [other, 'rolled-back', true],
  [one, 'done', true],
  [other, 'done', false],
] as const) {
  test(`the copy ends ${ends} ${verifyDisk ? 'asked to compare' : 'not asked to compare'} ${digest === one ? 'equal' : 'other'} disks`, async (t) => {
    const own = rig(t);
    own.store.guests.insert(guestRecord('web1', 'a1', {}));
    Object.assign(own.services, { agents: agents({ a1: one, b1: digest }) });
    const { undo: _undo, ...phase } = copy(own.services);
    own.operations.define({
      kind: 'guest.migrate',
      phases: [phase as unknown as Phase<Record<string, unknown>>],
      afterRestart: 'resume',
      undoneState: 'rolled-back',
    });
    const flowState = { ...state, objective: { ...defaultObjective, verifyDisk } };
    let operation = own.operations.start('guest.migrate', 'guest/web1', flowState);
    while (operation.state === 'running') {
      operation = await own.operations.wait(operation.id, operation.version, 5_000);
    }
    t.is(operation.state, ends);
    const { digests } = own.store.operations.get(operation.id).flowState;
    t.deepEqual(digests, verifyDisk && digest === one ? { source: one, destination: one } : undefined);
  });
}

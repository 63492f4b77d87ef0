import test from 'ava';
import {
  type Flow,
  freshPhases,
  type Journal,
  NothingHappened,
  type Phase,
  recover,
  runPhases,
} from '../../src/control/run-phases.ts';
import type { PhaseRecord } from '../../src/wire/resources.ts';

type State = { trail: string[] };

const names = ['a', 'b', 'point', 'd'] as const;

/** A flow that writes down what it did, and a journal in memory. */
function rig(
  change: Partial<Record<string, Partial<Phase<State>>>> = {},
  afterRestart: 'resume' | 'undo' = 'undo',
) {
  const trail: string[] = [];
  const phases = names.map(
    (name): Phase<State> => ({
      name,
      async do() {
        trail.push(`do ${name}`);
      },
      async undo() {
        trail.push(`undo ${name}`);
      },
      ...(name === 'point' && { noReturn: true as const }),
      ...change[name],
    }),
  );
  const flow: Flow<State> = { phases, afterRestart };
  const records: PhaseRecord[] = freshPhases(phases);
  const journal: Journal<State> = {
    phases: records,
    state: () => ({ trail }),
    saveState: () => undefined,
    savePhase: (index, part) => Object.assign(records[index] ?? {}, part),
    progress: () => undefined,
  };
  return { flow, journal, trail, records };
}

const fails = (error: Error = new Error('broken')) => ({
  do: async () => {
    throw error;
  },
});

const never = new AbortController().signal;
const statesOf = (records: readonly PhaseRecord[]) => records.map(({ state }) => state);

test('all phases run once, in order', async (t) => {
  const { flow, journal, trail, records } = rig();
  t.deepEqual(await runPhases(flow, journal, never), { state: 'done' });
  t.deepEqual(trail, ['do a', 'do b', 'do point', 'do d']);
  t.deepEqual(statesOf(records), ['done', 'done', 'done', 'done']);
});

test('a failure before the point of no return undoes what was begun, last first, itself included', async (t) => {
  const { flow, journal, trail, records } = rig({ b: fails() });
  const outcome = await runPhases(flow, journal, never);
  t.is(outcome.state, 'undone');
  t.deepEqual(trail, ['do a', 'undo b', 'undo a']);
  t.deepEqual(statesOf(records), ['undone', 'undone', 'waiting', 'waiting']);
});

for (const name of ['point', 'd']) {
  test(`a failure in ${name}, at or past the point of no return, undoes nothing`, async (t) => {
    const { flow, journal, trail } = rig({ [name]: fails() });
    t.is((await runPhases(flow, journal, never)).state, 'attention');
    t.false(trail.some((line) => line.startsWith('undo')));
  });
}

test('the point of no return may say that nothing happened, and then all is undone', async (t) => {
  const { flow, journal, trail } = rig({ point: fails(new NothingHappened('x.y', 'Nothing.')) });
  t.is((await runPhases(flow, journal, never)).state, 'undone');
  t.deepEqual(trail, ['do a', 'do b', 'undo point', 'undo b', 'undo a']);
});

test('past the point of no return NothingHappened changes nothing', async (t) => {
  const { flow, journal } = rig({ d: fails(new NothingHappened('x.y', 'Nothing.')) });
  t.is((await runPhases(flow, journal, never)).state, 'attention');
});

test('an undo that fails stops the unwinding', async (t) => {
  const undo = async () => {
    throw new Error('stuck');
  };
  const { flow, journal, trail } = rig({ b: { ...fails(), undo } });
  const outcome = await runPhases(flow, journal, never);
  t.is(outcome.state, 'attention');
  t.deepEqual(trail, ['do a']);
});

test('cancelling before the point of no return undoes, after it does nothing', async (t) => {
  const before = new AbortController();
  const early = rig({ a: { do: async () => before.abort() } });
  const outcome = await runPhases(early.flow, early.journal, before.signal);
  t.like(outcome, { state: 'undone', error: { kind: 'cancelled' } });

  const after = new AbortController();
  const late = rig({ point: { noReturn: true, do: async () => after.abort() } });
  t.is((await runPhases(late.flow, late.journal, after.signal)).state, 'done');
});

for (const [index, name] of names.entries()) {
  for (const afterRestart of ['resume', 'undo'] as const) {
    test(`a crash in ${name} ends well (${afterRestart})`, async (t) => {
      const { flow, journal, trail, records } = rig({}, afterRestart);
      for (const [i, record] of records.entries()) {
        record.state = i < index ? 'done' : i === index ? 'running' : 'waiting';
      }
      const outcome = await recover(flow, journal, never);
      const goesOn = afterRestart === 'resume' || index >= 2;
      t.is(outcome.state, goesOn ? 'done' : 'undone');
      const begun = names.slice(0, index + 1);
      t.deepEqual(
        trail,
        goesOn ? names.slice(index).map((n) => `do ${n}`) : [...begun].reverse().map((n) => `undo ${n}`),
      );
    });
  }
}

test('a crash while undoing goes on undoing, also in a flow that would resume', async (t) => {
  const { flow, journal, trail, records } = rig({}, 'resume');
  for (const [i, state] of (['done', 'failed', 'waiting', 'waiting'] as const).entries()) {
    Object.assign(records[i] ?? {}, { state });
  }
  t.is((await recover(flow, journal, never)).state, 'undone');
  t.deepEqual(trail, ['undo b', 'undo a']);
});

for (const [index, name] of [
  [2, 'point'],
  [3, 'd'],
] as const) {
  test(`a crash right after a failure in ${name} undoes nothing: the world is asked again`, async (t) => {
    const { flow, journal, trail, records } = rig();
    for (const [i, record] of records.entries()) {
      record.state = i < index ? 'done' : i === index ? 'failed' : 'waiting';
    }
    t.is((await recover(flow, journal, never)).state, 'done');
    t.deepEqual(
      trail,
      names.slice(index).map((n) => `do ${n}`),
    );
  });
}

test('a crash after nothing had happened at the point of no return ends undone all the same', async (t) => {
  const { flow, journal, trail, records } = rig({ point: fails(new NothingHappened('x.y', 'Nothing.')) });
  for (const [i, state] of (['done', 'done', 'failed', 'waiting'] as const).entries()) {
    Object.assign(records[i] ?? {}, { state });
  }
  t.is((await recover(flow, journal, never)).state, 'undone');
  t.deepEqual(trail, ['undo point', 'undo b', 'undo a']);
});

test('a crash between the last phase and the end is just the end', async (t) => {
  const { flow, journal, trail, records } = rig();
  for (const record of records) record.state = 'done';
  t.is((await recover(flow, journal, never)).state, 'done');
  t.deepEqual(trail, []);
});

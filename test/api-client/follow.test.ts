import test from 'ava';
import { createClient } from '../../src/api-client/client.ts';
import { followOperation } from '../../src/api-client/follow.ts';
import { BlanketError } from '../../src/wire/errors.ts';
import { ended, fakeControl, notFound, operation, script } from './fake-control.ts';

test('every version is shown once, and the end is the result', async (t) => {
  const story = script(operation());
  const fake = await fakeControl(t, { 'op.show': story.show });
  const seen: number[] = [];
  const steps = [operation(), operation(), ended('done')];
  const last = await followOperation(createClient(fake.socket), 'op-1', {
    onChange({ version }) {
      seen.push(version);
      const next = steps.shift();
      if (next !== undefined) setTimeout(() => story.set(next), 10);
    },
  });
  t.is(last.state, 'done');
  t.deepEqual(seen, [1, 2, 3, 4]);
});

test('a question that ran out is asked again, quietly', async (t) => {
  const story = script(operation());
  const fake = await fakeControl(t, {
    'op.show'(asked, reply) {
      if (fake.asked.length === 4) story.set(ended('failed'));
      return story.show(asked, reply);
    },
  });
  let shown = 0;
  const last = await followOperation(createClient(fake.socket), 'op-1', {
    waitMs: 40,
    onChange: () => shown++,
  });
  t.is(last.state, 'failed');
  t.is(shown, 2);
  t.is(fake.asked.length, 4);
});

test('a control that answers at once with nothing new is not asked in haste', async (t) => {
  const fake = await fakeControl(t, { 'op.show': () => operation() });
  const signal = AbortSignal.timeout(700);
  const follow = followOperation(createClient(fake.socket), 'op-1', { signal });
  await t.throwsAsync(follow, { code: 'client.aborted' });
  t.true(fake.asked.length < 12, `asked ${fake.asked.length} times`);
});

test('a restart of control in between is told and survived', async (t) => {
  const story = script(operation());
  const fake = await fakeControl(t, { 'op.show': story.show });
  const told: string[] = [];
  const following = followOperation(createClient(fake.socket), 'op-1', {
    async onConnection(state) {
      told.push(state);
      if (state === 'lost') await fake.start();
      story.set(ended('rolled-back'));
    },
    onChange({ version }) {
      if (version === 1) setTimeout(() => fake.stop(), 50);
    },
  });
  t.is((await following).state, 'rolled-back');
  t.deepEqual(told, ['lost', 'back']);
});

test('a control that stays away is given up, saying how to go on', async (t) => {
  const fake = await fakeControl(t);
  await fake.stop();
  const follow = followOperation(createClient(fake.socket), 'op-1', { reconnectMs: 0 });
  const thrown = await t.throwsAsync<BlanketError>(follow, { code: 'operation.lost-sight' });
  t.regex(thrown?.next ?? '', /blanket op watch op-1/);
});

test('an unknown operation is an error at once', async (t) => {
  const fake = await fakeControl(t, {
    'op.show': () => {
      throw notFound('operation');
    },
  });
  const follow = followOperation(createClient(fake.socket), 'nope');
  await t.throwsAsync(follow, { instanceOf: BlanketError, code: 'thing.not-found' });
});

import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import { within } from '../../src/control/agents/within.ts';

const answer = async () => 'yes';
const silence = () => new Promise<never>(() => undefined);

test('a call is bounded, and its own error is what is thrown', async (t) => {
  t.is(await within(60_000, 'a1', answer), 'yes');
  await t.throwsAsync(within(1, 'a1', silence), { code: 'agent.timed-out' });
  await t.throwsAsync(
    within(60_000, 'a1', () => Promise.reject(new Error('no'))),
    { message: 'no' },
  );
});

test.serial(
  'a call that throws before it waits for anything leaves no rejection that nobody hears',
  async (t) => {
    const unheard: unknown[] = [];
    const hear = (reason: unknown) => void unheard.push(reason);
    process.on('unhandledRejection', hear);
    t.teardown(() => process.off('unhandledRejection', hear));
    const call = (): Promise<never> => {
      throw new Error('at once');
    };
    await t.throwsAsync(within(60_000, 'a1', call), { message: 'at once' });
    await turn();
    await turn();
    t.deepEqual(unheard, []);
  },
);

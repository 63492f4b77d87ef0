import test from 'ava';
import { type Contestant, latenciesOf, playRounds, takeTurn } from '../../../infra/bench/libvirt/rounds.ts';
import { readSettings } from '../../../infra/bench/libvirt/settings.ts';

test('every contestant has its turn in every round; the first round is not counted', async (t) => {
  const order: string[] = [];
  const contestant = (name: string): Contestant => ({
    name,
    takeTurn: async () => {
      order.push(name);
      return { calls: order.length, elapsedMs: 1, latenciesMs: [order.length] };
    },
  });
  const all = await playRounds([contestant('a'), contestant('b')], 2, new AbortController().signal);
  t.deepEqual(order, ['a', 'b', 'a', 'b', 'a', 'b']);
  t.deepEqual(
    all.map((one) => [one.name, latenciesOf(one)]),
    [
      ['a', [3, 5]],
      ['b', [4, 6]],
    ],
  );
});

test('rounds end when told to', async (t) => {
  const controller = new AbortController();
  const contestant: Contestant = {
    name: 'a',
    takeTurn: async () => {
      controller.abort(new Error('enough'));
      return { calls: 1, elapsedMs: 1, latenciesMs: [] };
    },
  };
  await t.throwsAsync(playRounds([contestant], 5, controller.signal), { message: 'enough' });
});

test('a turn makes exactly its calls, so many of them at a time', async (t) => {
  let [now, most, made] = [0, 0, 0];
  const call = async () => {
    now += 1;
    made += 1;
    most = Math.max(most, now);
    await new Promise(setImmediate);
    now -= 1;
  };
  const turn = await takeTurn(10, 3, call);
  t.deepEqual([turn.calls, turn.latenciesMs.length, made, most], [10, 10, 10, 3]);
});

test('settings come from the environment, and an empty text is none', (t) => {
  t.deepEqual(readSettings({}), { rounds: 7, calls: 2_000, domains: 1_000, events: 100_000 });
  t.like(readSettings({ ROUNDS: '3', N: '' }), { rounds: 3, calls: 2_000 });
  t.throws(() => readSettings({ N: 'many' }), { message: /at N/ });
  t.throws(() => readSettings({ ROUNDS: '0' }), { message: /at ROUNDS/ });
});

import test from 'ava';
import fc from 'fast-check';
import {
  type Goal,
  hopelessAfterMs,
  limitAt,
  type Order,
  stalledAfterMs,
  startSteering,
  steer,
} from '../../../src/guest-agent/migrate/steer.ts';
import type { MigrationStats } from '../../../src/wire/migration.ts';
import { someStats } from './fake-engine.ts';

const goal: Goal = { maxDowntimeMs: 500, onTimeout: 'abort', suspended: false };
type Look = Partial<MigrationStats> & { atMs: number };

/** All orders that these looks lead to, in turn. */
function orders(wish: Partial<Goal>, looks: Look[]): Order[] {
  let steering = startSteering();
  return looks.flatMap(({ atMs, ...stats }) => {
    const { next, orders } = steer({ ...goal, ...wish }, steering, { ...someStats, ...stats }, atMs);
    steering = next;
    return orders;
  });
}

const rounds = (left: (round: number) => number, count: number): Look[] =>
  Array.from({ length: count }, (_, at) => ({
    ...{ rounds: at + 1, memoryLeft: left(at + 1), memoryDone: at * 100, atMs: (at + 1) * 1_000 },
  }));

test('the ladder is that of oVirt, whose longest downtime is 500 ms', (t) => {
  t.deepEqual(
    [0, 1, 2, 3, 4, 5, 6].map((step) => limitAt(500, step)),
    [100, 150, 200, 300, 400, 500, 500],
  );
  t.is(limitAt(1, 0), 1);
});

test('rounds that shrink leave the limit alone, and rounds that do not raise it to the longest downtime', (t) => {
  t.deepEqual(
    orders(
      {},
      rounds((round) => 1_000 / 2 ** round, 4),
    ),
    [],
  );
  const raised = orders(
    {},
    rounds(() => 1_000, 20),
  ).map((order) => order.do === 'limit' && order.ms);
  t.deepEqual(raised, [150, 200, 300, 400, 500]);
});

test('rounds that shrink for ever without coming to an end raise it as well', (t) => {
  const raised = orders(
    {},
    rounds((round) => 1e9 * 0.5 ** round, 12),
  );
  t.true(raised.length > 1);
});

test('a guest that does not run is left to go over', (t) => {
  t.deepEqual(
    orders(
      { suspended: true },
      rounds(() => 1_000, 20),
    ),
    [],
  );
});

test('once the time is over the copy is stopped, or the guest is paused, and then only once', (t) => {
  const looks = [
    { atMs: 4_999, memoryDone: 1 },
    { atMs: 5_000, memoryDone: 2 },
    { atMs: 5_500, memoryDone: 3 },
  ];
  const stop = { do: 'abort', why: 'total' } as const;
  t.deepEqual(orders({ maxTotalMs: 5_000 }, looks), [stop, stop]);
  t.deepEqual(orders({ maxTotalMs: 5_000, onTimeout: 'pause' }, looks), [{ do: 'pause' }]);
  t.deepEqual(orders({ maxTotalMs: 5_000, suspended: true }, looks), [stop, stop]);
});

test('or goes ahead of its memory, once that is on its way; from then on nothing is ordered any more', (t) => {
  const looks = [
    { atMs: 5_000, memoryDone: 1 },
    { atMs: 5_500, memoryDone: 2, memoryTotal: 0 },
    { atMs: 6_000, memoryDone: 3 },
    { atMs: 6_000 + 2 * stalledAfterMs, memoryDone: 3 },
  ];
  const goes = { maxTotalMs: 5_500, onTimeout: 'postcopy' } as const;
  t.deepEqual(orders(goes, looks), [{ do: 'postcopy' }]);
  t.deepEqual(orders(goes, looks.slice(0, 2)), []);
  t.deepEqual(orders({ onTimeout: 'postcopy' }, looks.slice(0, 3)), [], 'never without a time');
});

test('a copy of which no byte goes any more is stopped, also when the guest is paused for it', (t) => {
  const still = [
    { atMs: 0, memoryDone: 7 },
    { atMs: stalledAfterMs - 1, memoryDone: 7 },
    { atMs: stalledAfterMs, memoryDone: 7 },
  ];
  const stop = [{ do: 'abort', why: 'stalled' }] as const;
  t.deepEqual(orders({}, still), [...stop]);
  t.deepEqual(orders({ suspended: true }, still), [...stop]);
  const paused = orders({ maxTotalMs: 1_000, onTimeout: 'pause' }, still);
  t.deepEqual(paused, [{ do: 'pause' }, ...stop]);
});

test('what gets no nearer is stopped where no time was given, and goes on until then where one was', (t) => {
  const looks = rounds(() => 1_000, 2 * (hopelessAfterMs / 1_000));
  t.like(orders({}, looks).at(-1), { do: 'abort', why: 'hopeless' });
  t.false(orders({ maxTotalMs: 10 * hopelessAfterMs }, looks).some((order) => order.do === 'abort'));
});

const look = fc.record({
  step: fc.integer({ min: 0, max: 90_000 }),
  rounds: fc.integer({ min: 0, max: 5 }),
  memoryLeft: fc.nat(1_000),
  memoryDone: fc.nat(3),
});
const goals = fc.record({
  maxDowntimeMs: fc.integer({ min: 1, max: 600_000 }),
  maxTotalMs: fc.option(fc.integer({ min: 1, max: 1_000_000 }), { nil: undefined }),
  onTimeout: fc.constantFrom('abort' as const, 'pause' as const, 'postcopy' as const),
  suspended: fc.boolean(),
});

test('whatever the numbers: the limit only rises and stays in bounds, and no time is over before it is', (t) => {
  const property = fc.property(goals, fc.array(look, { maxLength: 60 }), (wish, steps) => {
    let [steering, atMs, round, limit, pauses] = [startSteering(), 0, 0, 0, 0];
    for (const { step, rounds, memoryLeft, memoryDone } of steps) {
      [atMs, round] = [atMs + step, round + rounds];
      const stats = { ...someStats, rounds: round, memoryLeft, memoryDone };
      const { next, orders } = steer(wish, steering, stats, atMs);
      steering = next;
      for (const order of orders) {
        if (order.do === 'limit' && (order.ms < limit || order.ms > wish.maxDowntimeMs)) return false;
        if (order.do === 'limit') limit = order.ms;
        const early = wish.maxTotalMs === undefined || atMs < wish.maxTotalMs;
        if (
          early &&
          (order.do === 'pause' || order.do === 'postcopy' || (order.do === 'abort' && order.why === 'total'))
        )
          return false;
        if (order.do === 'pause') pauses += 1;
      }
    }
    return pauses <= 1 && (pauses === 0 || (wish.onTimeout === 'pause' && !wish.suspended));
  });
  fc.assert(property);
  t.pass();
});

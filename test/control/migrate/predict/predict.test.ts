import test from 'ava';
import { predict } from '../../../../src/control/migrate/predict/predict.ts';
import type { PastMigration } from '../../../../src/wire/migration-history.ts';
import { defaultObjective, type Objective } from '../../../../src/wire/objective.ts';
import type { Range } from '../../../../src/wire/prediction.ts';
import { guessed, luckFrom } from './luck.ts';
import { type Measured, migrate, readingsOf, type World } from './simulated.ts';

const MIB = 2 ** 20;
const objective: Objective = { ...defaultObjective, autoConverge: false };
const TRIES = 250;
/** What chance alone may take from 80 % in so many tries, at three standard deviations. */
const slack = (tries: number) => 3 * Math.sqrt((0.8 * 0.2) / tries);

const anyWorld = (luck: () => number): World => {
  const memoryBytes = guessed(luck, 64, 1024) * MIB;
  const bytesPerSecond = guessed(luck, 2e6, 1e8);
  return {
    ...{ memoryBytes, bytesPerSecond, used: guessed(luck, 0.3, 1), hot: guessed(luck, 0.02, 0.5) },
    writes: luck() < 0.3 ? 0 : (guessed(luck, 0.001, 0.5) * bytesPerSecond * 1_000) / memoryBytes,
    ...{
      rttMs: guessed(luck, 0.2, 80),
      paceShare: 0.4 + 0.6 * luck(),
      diskBytes: Math.round(guessed(luck, 1, 500) * MIB),
    },
    ...{ aroundMs: guessed(luck, 1_200, 25_000), handoverMs: guessed(luck, 30, 600) },
  };
};

const past = (world: World, measured: Measured, luck: () => number): PastMigration => ({
  ...{ operation: 'op', guest: 'web1', source: 'a1', destination: 'b1', endedAt: '2026-01-02T03:04:05.000Z' },
  ...{ objective, readings: readingsOf(world, luck), predicted: null, measured },
});

const liesIn = (range: Range | null | undefined, value: number | null) =>
  range !== null && range !== undefined && value !== null && range.low <= value && value <= range.high;

/** Shares of what was foretold and came true; of the ranges, how wide they were. */
function judge(
  next: (luck: () => number, index: number) => { world: World; earlier: PastMigration[] },
  seed: number,
  tries: number,
) {
  const luck = luckFrom(seed);
  const [total, downtime, width]: [boolean[], boolean[], number[]] = [[], [], []];
  for (let index = 0; total.length < tries && index < 3 * tries; index++) {
    const { world, earlier } = next(luck, index);
    const measured = migrate(world, objective, luck);
    const prediction = predict({ readings: readingsOf(world, luck), objective, earlier });
    if (measured === undefined || prediction?.totalMs == null) continue;
    total.push(liesIn(prediction.totalMs, measured.totalMs));
    downtime.push(liesIn(prediction.downtimeMs, measured.downtimeMs));
    width.push(prediction.totalMs.high / prediction.totalMs.low);
  }
  const share = (all: readonly boolean[]) => all.filter((lies) => lies).length / all.length;
  return {
    total: share(total),
    downtime: share(downtime),
    width: width.sort((a, b) => a - b)[width.length >> 1] ?? 0,
  };
}

test('of migrations between hosts that nobody knows, four of five lie in the range', (t) => {
  const { total, downtime, width } = judge((luck) => ({ world: anyWorld(luck), earlier: [] }), 1, TRIES);
  t.log({ total, downtime, width });
  t.true(total >= 0.8 - slack(TRIES));
  t.true(downtime >= 0.8 - slack(TRIES));
});

/** A pair of hosts that is unlike what is guessed, with some migrations behind it. */
function knownPair(luck: () => number): { world: World; earlier: PastMigration[] } {
  const own = { paceShare: guessed(luck, 0.15, 0.3), aroundMs: guessed(luck, 30_000, 60_000) };
  const handoverMs = guessed(luck, 900, 1_500);
  const now = (): World => ({
    ...anyWorld(luck),
    paceShare: own.paceShare * guessed(luck, 0.85, 1.15),
    aroundMs: own.aroundMs * guessed(luck, 0.85, 1.15),
    handoverMs: handoverMs * guessed(luck, 0.8, 1.25),
  });
  const earlier: PastMigration[] = [];
  while (earlier.length < 10) {
    const world = now();
    const measured = migrate(world, objective, luck);
    if (measured !== undefined) earlier.push(past(world, measured, luck));
  }
  return { world: now(), earlier };
}

test('what earlier migrations of the two hosts took is learnt', (t) => {
  const learnt = judge(knownPair, 2, 60);
  const guessed = judge((luck) => ({ ...knownPair(luck), earlier: [] }), 2, 60);
  t.log({ learnt, guessed });
  t.true(learnt.total >= 0.8 - slack(60));
  t.true(learnt.downtime >= 0.8 - slack(60));
  t.true(guessed.total < 0.5, 'without them it is wrong');
  t.true(learnt.width < guessed.width);
});

import test from 'ava';
import { forward, reachedBefore } from '../../../src/control/operations/forward.ts';
import type { Progress } from '../../../src/wire/resources.ts';

const counted = (doneBytes: number, totalBytes: number, round = 1): Progress => ({
  ...{ message: `round ${round}`, doneBytes, totalBytes, round },
});

test('bytes done, the share and the round never fall, bytes left never grow', (t) => {
  // as a guest that writes again what was sent
  const heard = [
    [0, 100],
    [40, 100, 1],
    [90, 100, 1],
    [100, 160, 2],
    [150, 170, 2],
    [165, 190, 3],
    [190, 190, 3],
  ];
  // and as another host would begin, or a reading that came late
  const late = [
    [10, 500, 1],
    [195, 300, 4],
  ];
  let told: Progress | null = null;
  const [done, left, share, rounds] = [[0], [Number.POSITIVE_INFINITY], [0], [0]] as number[][];
  for (const [bytes = 0, total = 0, round] of [...heard, ...late]) {
    told = forward(told, counted(bytes, total, round));
    const { doneBytes = -1, totalBytes = -1 } = told;
    done?.push(doneBytes);
    left?.push(totalBytes - doneBytes);
    share?.push(totalBytes === 0 ? 0 : doneBytes / totalBytes);
    rounds?.push(told.round ?? -1);
  }
  for (const rising of [done, share, rounds])
    t.deepEqual(
      rising,
      rising?.toSorted((a, b) => a - b),
    );
  t.deepEqual(
    left,
    left?.toSorted((a, b) => b - a),
  );
  t.like(told, { doneBytes: 195, totalBytes: 195, round: 4 });
});

test('rates and the time left are those of the moment', (t) => {
  const before = { ...counted(50, 60), bytesPerSecond: 9, leftMs: 1 };
  const now = { ...counted(60, 100), bytesPerSecond: 4, leftMs: 10 };
  t.like(forward(before, now), { bytesPerSecond: 4, leftMs: 10, totalBytes: 70 });
});

test('what comes after a message without bytes is counted anew', (t) => {
  const between = forward(counted(90, 100), { message: 'the next file' });
  t.deepEqual(between, { message: 'the next file' });
  t.like(forward(between, counted(1, 10)), { doneBytes: 1, totalBytes: 10 });
});

test('of what another control had reached the rates are not known', (t) => {
  const { doneBytes, totalBytes, round, message } = counted(5, 10, 2);
  const full = {
    message,
    doneBytes,
    totalBytes,
    round,
    bytesPerSecond: 1,
    dirtyBytesPerSecond: 2,
    leftMs: 3,
  };
  t.deepEqual(reachedBefore(full as Progress), counted(5, 10, 2));
  t.is(reachedBefore(null), null);
});

import test from 'ava';
import fc from 'fast-check';
import { Pipe } from '../../../infra/wan/pipe.ts';

const never = () => 1;
const fast = { latencyMs: 10, bandwidthBps: 1_000_000, loss: 0 };

/** A small generator with a seed (Park and Miller's). */
const seeded = (seed: number) => {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
};

test('a frame arrives after its sending time and the latency, not before', (t) => {
  const pipe = new Pipe<string>(fast, never);
  t.true(pipe.push('a', 1_000, 0));
  t.is(pipe.nextAt(), 11);
  t.deepEqual(pipe.take(10.9), []);
  t.deepEqual(pipe.take(11), ['a']);
  t.is(pipe.nextAt(), undefined);
});

test('bandwidth holds over many frames', (t) => {
  const pipe = new Pipe<number>(fast, never);
  let now = 0;
  let arrived = 0;
  for (; now < 10_000; now += 1) {
    for (let n = 0; n < 5; n += 1) pipe.push(n, 1_000, now);
    arrived += pipe.take(now).length * 1_000;
  }
  const expected = (fast.bandwidthBps * (now - fast.latencyMs)) / 1_000;
  t.true(Math.abs(arrived - expected) < expected * 0.01, `${arrived} of ${expected}`);
  t.true(pipe.counters.dropped > 0);
});

test('the queue holds 256 KiB or 250 ms, whichever is more, and then drops its tail', (t) => {
  const slow = new Pipe<number>({ ...fast, bandwidthBps: 1_000 }, never);
  const accepted = Array.from({ length: 300 }, (_, n) => slow.push(n, 1_024, 0)).filter(Boolean).length;
  t.is(accepted, 256);
  const wide = new Pipe<number>({ ...fast, bandwidthBps: 100_000_000 }, never);
  const taken = Array.from({ length: 30_000 }, (_, n) => wide.push(n, 1_000, 0)).filter(Boolean).length;
  t.is(taken, 25_000);
});

test('loss follows its generator: the same seed loses the same frames', (t) => {
  const lostWith = (seed: number) => {
    const pipe = new Pipe<number>({ ...fast, bandwidthBps: 1e9, loss: 0.2 }, seeded(seed));
    return Array.from({ length: 1_000 }, (_, n) => pipe.push(n, 60, n));
  };
  t.deepEqual(lostWith(7), lostWith(7));
  t.notDeepEqual(lostWith(7), lostWith(8));
  const lost = lostWith(7).filter((kept) => !kept).length;
  t.true(lost > 150 && lost < 250, `${lost}`);
});

test('frames keep their order, whatever is changed meanwhile', (t) => {
  const settings = fc.record({
    latencyMs: fc.integer({ min: 0, max: 500 }),
    bandwidthBps: fc.integer({ min: 1_000, max: 1_000_000 }),
    loss: fc.constant(0),
  });
  const steps = fc.array(fc.record({ settings, frames: fc.integer({ min: 0, max: 5 }), ms: fc.nat(200) }));
  fc.assert(
    fc.property(steps, (script) => {
      const pipe = new Pipe<number>(fast, never);
      const sent: number[] = [];
      const got: number[] = [];
      let now = 0;
      for (const step of script) {
        for (let n = 0; n < step.frames; n += 1) {
          if (pipe.push(sent.length, 200, now)) sent.push(sent.length);
        }
        now += step.ms;
        got.push(...pipe.take(now));
        pipe.change(step.settings, now);
      }
      got.push(...pipe.take(Number.MAX_SAFE_INTEGER));
      return JSON.stringify(got) === JSON.stringify(sent);
    }),
  );
  t.pass();
});

test('a wider link empties the queue that a narrow one has built', (t) => {
  const pipe = new Pipe<number>({ latencyMs: 5, bandwidthBps: 1_000, loss: 0 }, never);
  for (let n = 0; n < 100; n += 1) pipe.push(n, 1_000, 0);
  t.deepEqual(pipe.take(1_005), [0]);
  pipe.change({ latencyMs: 5, bandwidthBps: 1_000_000, loss: 0 }, 1_005);
  t.is(pipe.take(1_005 + 99 + 5).length, 99);
});

test('a smaller latency does not overtake what is under way', (t) => {
  const pipe = new Pipe<string>({ latencyMs: 100, bandwidthBps: 1e9, loss: 0 }, never);
  pipe.push('first', 100, 0);
  pipe.change({ latencyMs: 1, bandwidthBps: 1e9, loss: 0 }, 50);
  pipe.push('second', 100, 50);
  t.deepEqual(pipe.take(99), []);
  t.deepEqual(pipe.take(101), ['first', 'second']);
});

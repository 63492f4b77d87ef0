import test from 'ava';
import { readAddress } from '../../infra/demo/forward.ts';
import { formatOutcome } from '../../infra/demo/outcome.ts';
import { formatTimeline, PhaseError, startTimeline } from '../../infra/demo/timeline.ts';

test('the line that ends a demo', (t) => {
  const outcome = { downtimeMs: 12.4, gapMs: 80.6, totalMs: 9000, memoryBytes: 61_000_000, diskBytes: 4096 };
  t.is(formatOutcome(outcome), 'demo: ok downtime=12 gap=81 total=9000 memory=61000000 disk=4096');
});

test('a failure names its phase, also from a phase within', async (t) => {
  const said: string[] = [];
  const { phase, rows } = startTimeline((line) => said.push(line), [{ phase: 'before', durationMs: 1 }]);
  t.is(await phase('one', () => Promise.resolve(7)), 7);
  const failing = phase('outer', () => phase('inner', () => Promise.reject(new Error('no room'))));
  const error = await t.throwsAsync(failing, { instanceOf: PhaseError });
  t.is(error?.message, 'failed in phase "inner": no room');
  t.deepEqual(
    rows().map((row) => row.phase),
    ['before', 'one', 'inner', 'outer'],
  );
  t.deepEqual(said, ['\n== one', '\n== outer', '\n== inner']);
});

test('where the time went', (t) => {
  const rows = [
    { phase: 'add clouds', durationMs: 1_250 },
    { phase: 'x', durationMs: 60_000 },
  ];
  t.is(
    formatTimeline(rows),
    'Where the time went\n  add clouds     1.3 s\n  x             60.0 s\n  total         61.3 s',
  );
});

test('the address that a forward prints', (t) => {
  t.deepEqual(readAddress('127.0.0.1:43210'), { host: '127.0.0.1', port: 43210 });
  t.deepEqual(readAddress('tcp://localhost:70 -> x'), { host: 'localhost', port: 70 });
  t.throws(() => readAddress('ready'), { message: /printed no address/ });
});

import test from 'ava';
import { readJobInfo } from '../../infra/bench/job-info.ts';
import { compare, type Leg, median, overhead, type Pair, timeOverWay } from '../../infra/bench/measures.ts';
import { readSettings } from '../../infra/bench/settings.ts';
import { formatResults } from '../../infra/bench/table.ts';

const leg = (tool: Leg['tool'], totalMs: number, change: Partial<Leg> = {}): Leg => ({
  ...{ tool, from: 'a', to: 'b', totalMs, downtimeMs: 100, gapMs: 300, copyMs: null },
  ...{ wireBytes: 1_100, neededBytes: 1_000, ...change },
});
const pair = (ours: number, theirs: number): Pair => ({
  blanket: [leg('blanket', ours), leg('blanket', ours)],
  virsh: [leg('virsh', theirs), leg('virsh', theirs)],
});

test('the ratio is the median of the pairs’ own', (t) => {
  // the machine was three times as slow in the second pair: its ratio is not
  const told = compare([pair(10, 20), pair(30, 60), pair(10, 40)], 'totalMs');
  t.deepEqual(told, { blanket: 10, virsh: 40, ratio: 0.5, lowest: 0.25, highest: 0.5 });
  t.is(median([4, 1, 3, 2]), 2.5);
  t.throws(() => median([]));
});

test('bytes on the wire for each that had to go, and time for each that the way needs', (t) => {
  t.is(overhead([pair(10, 20)]), 1.1);
  // 1,000 bytes at 1,000 a second
  t.is(timeOverWay([pair(1_500, 20)], 1_000), 1.5);
});

test('the tables have every leg, and say which goal was reached', (t) => {
  const { paths, scenarios } = readSettings({ SCENARIOS: 'idle', PATHS: 'lan' });
  const [path, scenario] = [paths[0], scenarios[0]];
  if (path === undefined || scenario === undefined) return t.fail();
  const text = formatResults([{ path, scenario, pairs: [pair(10, 40)] }]);
  t.regex(text, /^lan idle blanket a to b {2,}10 {2,}- {2,}100 {2,}300 {2,}1100 {2,}1000$/m);
  t.regex(
    text,
    /^lan idle {2,}0\.25 of 0\.5 reached {2,}1\.00 of 1\.0 reached {2,}1\.10 of 1\.1 reached {2,}-$/m,
  );
  t.regex(formatResults([{ path, scenario, pairs: [pair(30, 40)] }]), /0\.75 of 0\.5 missed/);
});

test('what virsh tells of a completed job', (t) => {
  const text = `Job type:         Completed
Operation:        Incoming migration
Time elapsed:     50123        ms
Data processed:   65.062 MiB
Memory processed: 61.250 MiB
File processed:   3.812 MiB
Constant pages:   17423
Normal pages:     15616
Normal data:      61.000 MiB
Total downtime:   351          ms
`;
  t.deepEqual(readJobInfo(text), { downtimeMs: 351, normalBytes: 63_963_136, fileBytes: 3_997_172 });
  t.throws(() => readJobInfo('Job type: None'), { message: /no downtime or memory/ });
});

test('settings that are none are refused with what there is', (t) => {
  t.is(readSettings({ PAIRS: '' }).pairs, 5);
  t.throws(() => readSettings({ PAIRS: '0' }));
  t.throws(() => readSettings({ SCENARIOS: 'fast' }), {
    message: /no fast: choose of idle, writer, disk, four/,
  });
});

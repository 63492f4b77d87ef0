import test from 'ava';
import { formatResults, type Result } from '../../infra/bench/results.ts';
import { readJobInfo } from '../../infra/bench/virsh.ts';

const result = (tool: Result['tool'], totalMs: number, gapMs: number): Result => ({
  tool,
  from: 'a',
  to: 'b',
  totalMs,
  downtimeMs: 100,
  gapMs,
  memoryBytes: 1_000,
});

test('the table has every migration, the means and their ratio', (t) => {
  const results = [
    result('blanket', 9_000, 300),
    result('blanket', 11_000, 500),
    result('virsh', 40_000, 800),
  ];
  t.is(
    formatResults(results),
    [
      '                 total ms  downtime ms  gap ms  memory bytes',
      'blanket a to b       9000          100     300          1000',
      'blanket a to b      11000          100     500          1000',
      'virsh a to b        40000          100     800          1000',
      'blanket, mean       10000          100     400          1000',
      'virsh, mean         40000          100     800          1000',
      'blanket / virsh      0.25         1.00    0.50          1.00',
    ].join('\n'),
  );
});

test('what virsh tells of a completed job', (t) => {
  const text = `Job type:         Completed
Operation:        Incoming migration
Time elapsed:     50123        ms
Memory processed: 61.250 MiB
Total downtime:   351          ms
`;
  t.deepEqual(readJobInfo(text), { downtimeMs: 351, memoryBytes: 64_225_280 });
  t.throws(() => readJobInfo('Job type: None'), { message: /no downtime or memory/ });
});

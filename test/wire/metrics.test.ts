import test from 'ava';
import { metricsText } from '../../src/wire/metrics.ts';

test('the text is what the exposition format says, with what would break it escaped', (t) => {
  const text = metricsText([
    {
      ...{ name: 'a_total', help: 'One\\two\nthree.', type: 'counter' as const },
      samples: [
        { name: 'a_total', labels: {}, value: 3 },
        { name: 'a_total', labels: { x: 'q"\\\n', y: 'z' }, value: 0.5 },
      ],
    },
  ]);
  t.is(
    text,
    '# HELP a_total One\\\\two\\nthree.\n# TYPE a_total counter\na_total 3\na_total{x="q\\"\\\\\\n",y="z"} 0.5\n',
  );
});

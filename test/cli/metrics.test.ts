import test from 'ava';
import { fakeControl } from '../api-client/fake-control.ts';
import { runBlanket } from './run-blanket.ts';

const metric = { name: 'blanket_info', help: 'Always 1.', type: 'gauge' as const, samples: [] };

test('metrics prints the text of a scraper, or JSON, and starts no control', async (t) => {
  const fake = await fakeControl(t, { metrics: () => [metric] });
  const { code, stdout } = await runBlanket(fake, ['metrics']);
  t.is(code, 0);
  t.is(stdout, '# HELP blanket_info Always 1.\n# TYPE blanket_info gauge\n');
  t.deepEqual(JSON.parse((await runBlanket(fake, ['metrics', '-o', 'json'])).stdout), [metric]);
  await fake.stop();
  const away = await runBlanket(fake, ['metrics']);
  t.is(away.code, 1);
  t.regex(away.stderr, /control\.not-running/);
});

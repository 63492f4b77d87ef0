import test from 'ava';
import fc from 'fast-check';
import { pino } from 'pino';
import { makeServer } from '../../../src/control/api/server.ts';
import { metricsOf } from '../../../src/control/metrics/metrics.ts';
import { histogram } from '../../../src/control/metrics/series.ts';
import type { Metric } from '../../../src/wire/metrics.ts';
import type { Operation } from '../../../src/wire/resources.ts';
import { rig } from '../network/rig.ts';
import { operation, result } from '../proof/a-move.ts';

type Wanted = { id: string } & Partial<Operation>;
const ended = (change: Wanted): Operation & { name: string; flowState: Record<string, unknown> } => ({
  ...operation,
  ...{ state: 'done', result, flowState: {} },
  ...change,
  name: change.id,
});

const value = (metrics: Metric[], name: string, labels: Record<string, string> = {}): number | undefined =>
  metrics
    .flatMap(({ samples }) => samples)
    .find(
      (sample) =>
        sample.name === name &&
        Object.entries(labels).every(([label, text]) => sample.labels[label] === text),
    )?.value;

test('what has ended is counted once, however often it is asked and by however many', async (t) => {
  const { services, store } = rig(t);
  store.operations.insert(ended({ id: 'op-1' }));
  const scrape = metricsOf(services);
  await Promise.all([scrape(), scrape()]);
  store.operations.insert(ended({ id: 'op-2', state: 'rolled-back' }));
  const metrics = await scrape();
  const kind = 'guest.migrate';
  t.is(value(metrics, 'blanket_operations_ended_total', { kind, state: 'done' }), 1);
  t.is(value(metrics, 'blanket_operations_ended_total', { kind, state: 'rolled-back' }), 1);
  t.is(value(metrics, 'blanket_migration_downtime_seconds_count'), 1, 'the guest that stayed had none');
  t.is(value(metrics, 'blanket_migration_downtime_seconds_sum'), 0.351);
  t.is(value(metrics, 'blanket_migration_bytes_total', { of: 'memory' }), 122_000_000);
  t.is(value(metrics, 'blanket_phase_duration_seconds_bucket', { phase: 'copy', le: '5' }), 2);
  t.is(value(metrics, 'blanket_phase_duration_seconds_bucket', { phase: 'copy', le: '2.5' }), 0);
  t.is(value(metrics, 'blanket_hosts', { state: 'ready' }), 3);
  t.is(value(metrics, 'blanket_hosts', { state: 'failed' }), 0);
});

test('what runs or needs attention is counted as it is, and for good when it is over', async (t) => {
  const { services, store } = rig(t);
  const phases = [{ name: 'copy', state: 'failed' as const, startedAt: null, durationMs: 1 }];
  store.operations.insert(ended({ id: 'op-1', state: 'attention', result: null, phases }));
  const scrape = metricsOf(services);
  const kind = 'guest.migrate';
  const before = await scrape();
  t.is(value(before, 'blanket_operations', { kind, state: 'attention' }), 1);
  t.is(value(before, 'blanket_operations', { kind, state: 'running' }), 0);
  t.is(value(before, 'blanket_operations_ended_total'), undefined);
  store.operations.update('op-1', { state: 'failed' });
  const after = await scrape();
  t.is(value(after, 'blanket_operations', { kind, state: 'attention' }), 0);
  t.is(value(after, 'blanket_operations_ended_total', { kind, state: 'failed' }), 1);
  t.is(value(after, 'blanket_phase_failures_total', { phase: 'copy' }), 1);
});

test("a histogram's buckets rise, and the last holds all", (t) => {
  const bounds = [0.1, 1, 10];
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 20, noNaN: true })), (values) => {
      const own = histogram('h', 'Help.', bounds);
      own.observe({}, 0);
      for (const one of values) own.observe({}, one);
      const { samples } = own.metric();
      const buckets = samples.filter(({ name }) => name === 'h_bucket').map((sample) => sample.value);
      t.deepEqual(
        buckets,
        [...bounds, Number.POSITIVE_INFINITY].map((le) => [0, ...values].filter((one) => one <= le).length),
      );
      t.is(samples.at(-1)?.value, values.length + 1);
    }),
  );
});

test('a scraper is given text, and a program JSON', async (t) => {
  const { services } = rig(t);
  const server = await makeServer(services, pino({ level: 'silent' }));
  t.teardown(() => server.close());
  const text = await server.inject({ url: '/metrics' });
  t.is(text.statusCode, 200);
  t.regex(String(text.headers['content-type']), /^text\/plain; version=0\.0\.4/);
  t.regex(text.body, /^blanket_hosts\{state="ready"\} 3$/m);
  const json = (await server.inject({ url: '/v1/metrics' })).json() as Metric[];
  t.is(value(json, 'blanket_hosts', { state: 'ready' }), 3);
});

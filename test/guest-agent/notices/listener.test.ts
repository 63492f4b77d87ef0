import { EventEmitter, once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import {
  type Listener,
  type ListenerOptions,
  noticeListener,
} from '../../../src/guest-agent/notices/listener.ts';
import { type Reply, serveCloud } from './cloud.ts';

type Change = Parameters<NonNullable<ListenerOptions['onChange']>>[0];

/** A listener that asks without pause, and its changes one after the other. */
function listen(t: ExecutionContext, base: string): { listener: Listener; next: () => Promise<Change> } {
  const changes = new EventEmitter();
  const seen: Change[] = [];
  const listener = noticeListener({
    bases: { gce: base, aws: base },
    pauseMs: 5,
    longPauseMs: 5,
    questionMs: 1_000,
    onChange(change) {
      seen.push(change);
      changes.emit('change');
    },
  });
  t.teardown(() => listener.close());
  const next = async (): Promise<Change> => {
    while (seen.length === 0) await once(changes, 'change');
    return seen.shift() as Change;
  };
  return { listener, next };
}

test('a change is told once, silence keeps what was announced, and no more is asked when it is closed', async (t) => {
  let event = 'MIGRATE_ON_HOST_MAINTENANCE';
  let up = true;
  const { base, asked } = await serveCloud(t, ({ path }): Reply => {
    if (!up) return { status: 503 };
    const headers = { 'metadata-flavor': 'Google' };
    return { headers, body: path.endsWith('preempted') ? 'FALSE' : event };
  });
  const { listener, next } = listen(t, base);
  t.deepEqual(listener.state(), { source: 'none', lately: 'not asked yet' });
  listener.listenTo('gce');
  t.deepEqual(
    (await next()).notices.map(({ kind }) => kind),
    ['maintenance'],
  );
  t.deepEqual(listener.state(), { source: 'gce', lately: '1 announced' });
  up = false;
  t.regex((await next()).problem ?? '', /./);
  t.regex(listener.state().lately, /does not answer/);
  t.is(listener.current().length, 1);
  [up, event] = [true, 'NONE'];
  const change = await next();
  t.deepEqual(change.notices, []);
  t.is(change.problem, undefined);
  listener.listenTo('none');
  const count = asked.length;
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.true(asked.length <= count + 1); // one question may have been on its way
  t.deepEqual(listener.current(), []);
});

test('another source is asked alone', async (t) => {
  const { base, asked } = await serveCloud(t, ({ path }) =>
    path.endsWith('token') ? { body: 'token' } : undefined,
  );
  const { listener } = listen(t, base);
  listener.listenTo('gce');
  listener.listenTo('aws');
  while (!asked.some(({ path }) => path.endsWith('rebalance')))
    await new Promise((resolve) => setTimeout(resolve, 5));
  t.is(listener.state().source, 'aws');
  t.true(asked.filter(({ path }) => path.startsWith('/computeMetadata')).length <= 1);
});

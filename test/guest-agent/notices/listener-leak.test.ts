/** In a file of its own: it watches every AbortController that is made. */
import { getEventListeners } from 'node:events';
import test from 'ava';
import { noticeListener } from '../../../src/guest-agent/notices/listener.ts';
import { serveCloud } from './cloud.ts';

const signals: AbortSignal[] = [];
const Real = globalThis.AbortController;
globalThis.AbortController = class extends Real {
  constructor() {
    super();
    signals.push(this.signal);
  }
};

test('however often it asks, nothing piles up that waits for its end', async (t) => {
  const { base, asked } = await serveCloud(t, ({ path }) => ({
    headers: { 'metadata-flavor': 'Google' },
    body: path.endsWith('preempted') ? 'FALSE' : 'NONE',
  }));
  const listener = noticeListener({ bases: { gce: base }, pauseMs: 1, longPauseMs: 1 });
  t.teardown(() => listener.close());
  listener.listenTo('gce');
  while (asked.length < 60) await new Promise((resolve) => setTimeout(resolve, 5));
  t.true(signals.length > 0);
  const waiting = signals.flatMap((signal) => getEventListeners(signal, 'abort'));
  t.true(waiting.length <= 1, `${waiting.length} wait`); // one question may be on its way
});

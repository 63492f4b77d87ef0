import test from 'ava';
import { clockHandlers } from '../../src/guest-agent/methods/clock.ts';
import { dispatch } from '../../src/guest-agent/sessions/dispatch.ts';
import type { FakeHost } from './migrate/fake-engine.ts';
import { id, pair } from './migrate/pair.ts';

const never = new AbortController().signal;

const ask = ({ context }: FakeHost, method: 'clock.read' | 'clock.set') =>
  dispatch(
    clockHandlers(context) as never,
    method,
    { guest: id.guest, limitMs: 1_000 },
    {
      progress: () => undefined,
      signal: never,
    },
  ) as Promise<{ samples: { sentMs: number; receivedMs: number; unixMs: number }[] }>;

test("a guest's clock is read a few times, each between two readings of the host's", async (t) => {
  const { source } = await pair();
  source.guestClock = () => Date.now() - 5_000;
  const { samples } = await ask(source, 'clock.read');
  t.is(samples.length, 3);
  for (const { sentMs, receivedMs, unixMs } of samples) {
    t.true(sentMs - 5_000 <= unixMs && unixMs <= receivedMs - 5_000);
  }
});

test('what was read before the agent fell silent counts', async (t) => {
  const { source } = await pair();
  const readings = [1_000];
  source.guestClock = () => {
    const [reading] = readings.splice(0);
    if (reading === undefined) throw new Error('silent');
    return reading;
  };
  t.like((await ask(source, 'clock.read')).samples, [{ unixMs: 1_000 }]);
  await t.throwsAsync(ask(source, 'clock.read'), { message: 'silent' });
});

test('a guest without an agent, and one that is not here, say so', async (t) => {
  const { source, destination } = await pair();
  await t.throwsAsync(ask(source, 'clock.read'), { code: 'clock.no-agent' });
  await t.throwsAsync(ask(destination, 'clock.read'), { code: 'guest.not-found' });
  await ask(source, 'clock.set');
  t.true(source.calls.includes('set clock'));
});

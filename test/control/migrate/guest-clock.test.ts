import test from 'ava';
import type { Agents } from '../../../src/control/agents/agents.ts';
import {
  measureStep,
  readGuestClock,
  stepOf,
  syncGuestClock,
} from '../../../src/control/migrate/guest-clock.ts';
import { BlanketError } from '../../../src/wire/errors.ts';

/** Ms before control's clock: the source's, the destination's, and what it is in the guest on each. */
type Clocks = { a1: number; b1: number; guestAt: Record<string, number | undefined> };

function agentsOf({ guestAt, ...hosts }: Clocks) {
  const asked: string[] = [];
  const offset = (host: string) => (host === 'a1' ? hosts.a1 : hosts.b1);
  const call = async (host: string, method: string) => {
    asked.push(`${host} ${method}`);
    const now = Date.now();
    if (method === 'conform.now') return { unixMs: now + offset(host) };
    const guest = guestAt[host];
    if (guest === undefined) throw new BlanketError('clock.no-agent', 'No guest agent answers in web1.');
    const own = now + offset(host);
    return { samples: [{ sentMs: own, receivedMs: own, unixMs: now + guest }] };
  };
  return { agents: { call } as unknown as Agents, asked };
}

const way = { guest: 'web1', source: 'a1', destination: 'b1' };

test('the step is what the clock of the guest was set by, however far the hosts are apart', async (t) => {
  // the guest lost 400 ms; the destination is a minute behind, and control's own clock between the two
  const rig = agentsOf({ a1: 20_000, b1: -40_000, guestAt: { a1: 20_005, b1: 19_605 } });
  const clockBefore = await readGuestClock(rig, 'a1', 'web1');
  const step = await measureStep(rig, { ...way, clockBefore });
  if ('unread' in step) return t.fail(step.unread);
  t.true(Math.abs(step.stepMs - -400) <= step.uncertaintyMs, JSON.stringify(step));
});

test('uncertainties add up', (t) => {
  const before = { offsetMs: 10, uncertaintyMs: 1.2 };
  const after = { offsetMs: -30, uncertaintyMs: 2 };
  t.deepEqual(stepOf(before, after, { skewMs: 35.4, uncertaintyMs: 3 }), { stepMs: -5, uncertaintyMs: 7 });
});

test('where nobody answered before, nobody is asked after', async (t) => {
  const rig = agentsOf({ a1: 0, b1: 0, guestAt: {} });
  const clockBefore = await readGuestClock(rig, 'a1', 'web1');
  t.deepEqual(clockBefore, { unread: 'No guest agent answers in web1.' });
  t.deepEqual(await measureStep(rig, { ...way, clockBefore }), clockBefore);
  t.deepEqual(rig.asked, ['a1 clock.read']);
});

test('an agent that needs a moment on its new host is asked again, and in the end given up', async (t) => {
  const guestAt: Clocks['guestAt'] = { a1: 0 };
  const rig = agentsOf({ a1: 0, b1: 0, guestAt });
  const clockBefore = await readGuestClock(rig, 'a1', 'web1');
  t.deepEqual(await measureStep(rig, { ...way, clockBefore }), { unread: 'No guest agent answers in web1.' });
  t.is(rig.asked.filter((call) => call === 'b1 clock.read').length, 3);
  const answering = measureStep(rig, { ...way, clockBefore });
  guestAt.b1 = 0;
  t.false('unread' in (await answering));
});

test('a clock that could not be set is a warning', async (t) => {
  const rig = agentsOf({ a1: 0, b1: 0, guestAt: { b1: 0 } });
  t.deepEqual(await syncGuestClock(rig, 'b1', 'web1'), []);
  const [warning] = await syncGuestClock(rig, 'a1', 'web1');
  t.like(warning, { code: 'migrate.time-not-set', data: { guest: 'web1', host: 'a1' } });
});

import test from 'ava';
import type { Agents } from '../../../src/control/agents/agents.ts';
import { endStrays, tellLeases } from '../../../src/control/guest/strays.ts';
import type { Services } from '../../../src/control/services.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import { guestRecord } from '../fleet/rig.ts';
import { rig } from '../network/rig.ts';

const { uuid } = guestRecord('web1', 'a1');
const here = (state: 'running' | 'paused', change = {}) => [{ name: 'web1', uuid, state, ...change }];
const never = () => false;

/** web1 lives on a1, lease 7; `atHome` is what a1 says of it. */
function scene(t: Parameters<typeof rig>[0], atHome: string | Error) {
  const own = rig(t);
  own.store.guests.insert(guestRecord('web1', 'a1', { state: 'running', lease: 7 }));
  const asked: [host: string, method: string, params: unknown][] = [];
  const call = async (host: string, method: string, params: unknown) => {
    asked.push([host, method, params]);
    if (method === 'guest.evict') return { ended: true };
    if (method === 'guest.leases') return {};
    if (atHome instanceof Error) throw atHome;
    return { name: 'web1', uuid, state: atHome, disk: true, diskAllocated: 1 };
  };
  const services: Services = { ...own.services, agents: { call } as unknown as Agents };
  return { services, asked, methods: () => asked.map(([host, method]) => `${host} ${method}`) };
}

test('a second copy is ended once the first was seen to run', async (t) => {
  const { services, asked } = scene(t, 'running');
  t.deepEqual(await endStrays(services, 'b1', here('running'), never), []);
  t.deepEqual(asked.at(-1), ['b1', 'guest.evict', { name: 'web1', uuid, lease: 7 }]);
});

const doubts: [what: string, atHome: string | Error][] = [
  ['stands still where it lives', 'paused'],
  ['is not where it lives', 'absent'],
  ['cannot be asked for where it lives', new BlanketError('ssh.unreachable', 'a1 does not answer.')],
];
for (const [what, atHome] of doubts) {
  test(`in doubt nothing is ended, and a person is told: the guest ${what}`, async (t) => {
    const { services, methods } = scene(t, atHome);
    const warnings = await endStrays(services, 'b1', here('running'), never);
    t.like(warnings[0], { code: 'guest.second-copy', kind: 'attention' });
    t.deepEqual(methods(), ['a1 guest.view']);
  });
}

test('left alone: at home, not running, another guest of that name, and what an operation works on', async (t) => {
  const { services, asked } = scene(t, 'running');
  await endStrays(services, 'a1', here('running'), never);
  await endStrays(services, 'b1', here('paused'), never);
  await endStrays(services, 'b1', here('running', { uuid: '99999999-2222-4333-8444-555555555555' }), never);
  await endStrays(services, 'b1', here('running'), () => true);
  t.deepEqual(asked, []);
});

test('an operation that began while its home was asked keeps it from being ended', async (t) => {
  const { services, methods } = scene(t, 'running');
  let asks = 0;
  await endStrays(services, 'b1', here('running'), () => {
    asks += 1;
    return asks > 1;
  });
  t.deepEqual(methods(), ['a1 guest.view']);
});

test('a host that was away is told every lease', async (t) => {
  const { services, asked } = scene(t, 'running');
  await tellLeases(services, 'b1');
  t.deepEqual(asked, [['b1', 'guest.leases', { guests: [{ name: 'web1', lease: 7 }] }]]);
});

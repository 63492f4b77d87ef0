import test from 'ava';
import type { GuestRecord } from '../../../src/control/store/records.ts';
import type { AllowRule } from '../../../src/wire/network.ts';
import { fail, rig } from './reach-rig.ts';

const ssh: AllowRule = { protocol: 'tcp', ports: { first: 22, last: 22 }, from: 'fd00::/8' };

test('a firewall is kept and told, and is null again when everything is let in', async (t) => {
  const { firewall, store, told } = rig(t);
  t.deepEqual((await firewall([ssh])).allow, [ssh]);
  t.true(told.includes('a1'));
  t.deepEqual((await firewall([])).allow, []);
  t.is((await firewall(null)).allow, null);
  t.is(store.guests.get('web1').allow, null);
});

test('a firewall that its host refuses is as it was before', async (t) => {
  const { firewall, store, agents } = rig(t);
  await firewall([ssh]);
  agents.b1 = fail('network.nft-failed'); // not the guest's host
  t.deepEqual((await firewall([])).warnings, []);
  agents.a1 = fail('network.nft-failed');
  await t.throwsAsync(() => firewall(null), { code: 'guest.firewall-failed', message: /^a1 could not set/ });
  t.deepEqual(store.guests.get('web1').allow, []);
});

test('a firewall whose host is away is kept, with a warning that it is not in force', async (t) => {
  const { firewall, store } = rig(t, { a1: fail('ssh.lost') });
  const { warnings } = await firewall([ssh]);
  t.regex(
    warnings[0]?.message ?? '',
    /^a1 cannot be told now: the firewall of web1 stays there as it was before\.$/,
  );
  t.deepEqual(store.guests.get('web1').allow, [ssh]);
});

test('a port that is taken there is no reason to refuse a firewall, for all else is set', async (t) => {
  const { firewall, store } = rig(t, { a1: fail('network.port-taken', 8080) });
  const { warnings } = await firewall([]);
  t.deepEqual(store.guests.get('web1').allow, []);
  t.deepEqual(
    warnings.map(({ code, data }) => [code, data?.host]),
    [['network.port-taken', 'a1']],
  );
});

test('the host that the guest is on its way to counts as well, as long as it is', async (t) => {
  const { firewall, store } = rig(t, { b1: fail('network.nft-failed') });
  const migration = { id: 'm', name: 'm', kind: 'guest.migrate', subject: 'guest/web1' } as const;
  store.operations.insert({
    ...{
      ...migration,
      state: 'running',
      phases: [],
      progress: null,
      result: null,
      problem: null,
      version: 1,
    },
    ...{
      createdAt: '2026-01-02T03:04:05.000Z',
      endedAt: null,
      flowState: { guest: 'web1', destination: 'b1' },
    },
  });
  await t.throwsAsync(() => firewall([]), { code: 'guest.firewall-failed', message: /^b1 could not set/ });
  t.is(store.guests.get('web1').allow, null);
  store.operations.update('m', { state: 'done' });
  t.deepEqual((await firewall([])).allow, []);
});

const unfit: [what: string, change: Partial<GuestRecord>, code: string][] = [
  ['no card', { nics: [] }, 'guest.no-network'],
  ['no end of its making yet', { state: 'creating' }, 'guest.creating'],
];
for (const [what, change, code] of unfit) {
  test(`a guest with ${what} has neither`, async (t) => {
    const { publish, firewall, store, told } = rig(t);
    store.guests.update('web1', change);
    await t.throwsAsync(() => publish({}), { code });
    await t.throwsAsync(() => firewall([]), { code });
    t.deepEqual(told, []);
  });
}

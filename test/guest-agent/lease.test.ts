/** What comes late is refused, whatever else is true on the host. */
import { existsSync, mkdirSync } from 'node:fs';
import test from 'ava';
import { startNothingAtBoot } from '../../src/guest-agent/at-boot.ts';
import { guestHandlers } from '../../src/guest-agent/methods/guest.ts';
import type { AgentMethod, AgentParams, AgentResult } from '../../src/wire/agent.ts';
import type { FakeHost } from './migrate/fake-engine.ts';
import { call, codeOf, copying, diskOf, id, pair, performed } from './migrate/pair.ts';

type Guests = Extract<AgentMethod, `guest.${string}`>;
const tell = <M extends Guests>(
  host: FakeHost,
  method: M,
  params: AgentParams<M>,
): Promise<AgentResult<M>> => {
  const handler = guestHandlers(host.context)[method] as (p: unknown, c: unknown) => Promise<AgentResult<M>>;
  return handler(params, { progress: () => undefined, signal: new AbortController().signal });
};
const name = id.guest;
const uuidOf = ({ spec }: { spec: { uuid: string } }) => spec.uuid;

test('a late keep of an undone migration does not wake the guest that stands still at the next cutover', async (t) => {
  const hosts = await pair();
  const first = { ...id, lease: 5 };
  await call(hosts.source, 'migrate.begin', first);
  await call(hosts.source, 'migrate.keep', { ...first, decided: true });
  const second = { operation: 'op-2', guest: name, lease: 6 };
  const begun = await call(hosts.source, 'migrate.begin', second);
  const ready = await call(hosts.destination, 'migrate.prepare', {
    ...{ ...second, ...begun, spec: hosts.spec, listenAddress: '10.90.0.2' },
  });
  const copy = call(hosts.source, 'migrate.perform', {
    ...second,
    ...ready,
    xml: begun.xml,
    maxDowntimeMs: 1,
  });
  while (hosts.source.copy === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
  hosts.source.copy.end();
  await copy;
  t.is(hosts.source.states.get(name), 'paused');
  t.is(await codeOf(t, call(hosts.source, 'migrate.keep', { ...first, decided: true })), 'guest.fenced');
  t.is(await codeOf(t, tell(hosts.source, 'guest.start', { name, lease: 5 })), 'guest.fenced');
  t.is(hosts.source.states.get(name), 'paused');
});

test('every call that makes a guest run or ends it is refused with an older lease', async (t) => {
  const hosts = await pair();
  const { wish } = await copying(hosts);
  const { source, destination, spec } = hosts;
  for (const host of [source, destination])
    await tell(host, 'guest.leases', { guests: [{ name, lease: 9 }] });
  const late = { ...id, lease: 8 };
  const prepare = { ...late, spec, xml: '', cookie: '', listenAddress: '10.90.0.2' };
  const end = { ...late, cookie: '', cancelled: false };
  for (const refused of [
    call(source, 'migrate.begin', late),
    call(destination, 'migrate.prepare', { ...prepare, operation: 'op-3' }),
    call(source, 'migrate.confirm', end),
    call(destination, 'migrate.finish', end),
    call(source, 'migrate.discard', late),
    call(destination, 'migrate.keep', { ...late, decided: true }),
    tell(source, 'guest.define', { ...spec, lease: 8 }),
    tell(source, 'guest.start', { name, lease: 8 }),
    tell(source, 'guest.remove', { name, force: true, lease: 8 }),
    tell(source, 'guest.evict', { name, uuid: spec.uuid, lease: 8 }),
  ]) {
    t.is(await codeOf(t, refused), 'guest.fenced');
  }
  hosts.source.copy?.end();
  t.deepEqual([source.states.get(name), diskOf(source)], ['paused', true]);
  t.is(
    await codeOf(t, call(source, 'migrate.perform', { ...late, operation: 'op-4', ...wish })),
    'guest.fenced',
  );
});

test('the lease outlives the guest and the agent', async (t) => {
  const { source } = await pair();
  await tell(source, 'guest.remove', { name, force: true, lease: 7 });
  source.restart();
  t.false(diskOf(source));
  t.is(await codeOf(t, tell(source, 'guest.start', { name, lease: 6 })), 'guest.fenced');
  t.is(await codeOf(t, tell(source, 'guest.start', { name, lease: 7 })), 'guest.not-found');
});

test('a guest is removed also where no lease can be written', async (t) => {
  const { source } = await pair();
  mkdirSync(`${source.context.paths.lease(name)}.new`, { recursive: true }); // where its draft should be
  await t.throwsAsync(tell(source, 'guest.remove', { name, force: true, lease: 7 }));
  t.false(diskOf(source));
});

test('a guest from before leases, and a control from before them, are served', async (t) => {
  const hosts = await pair();
  await performed(hosts);
  await t.notThrowsAsync(call(hosts.source, 'migrate.keep', { ...id, decided: true }));
  await t.notThrowsAsync(tell(hosts.source, 'guest.start', { name, lease: 3 }));
  await t.notThrowsAsync(tell(hosts.source, 'guest.start', { name }));
});

test('leases of guests that are not here leave nothing here', async (t) => {
  const { source } = await pair();
  await tell(source, 'guest.leases', { guests: [{ name: 'stranger', lease: 7 }] });
  t.false(existsSync(source.context.paths.lease('stranger')));
});

test('a second copy is ended once and keeps its disk; a namesake is left alone', async (t) => {
  const hosts = await pair();
  const { source } = hosts;
  const other = '00000000-1111-4222-8333-444444444444';
  t.is(await codeOf(t, tell(source, 'guest.evict', { name, uuid: other, lease: 7 })), 'guest.another');
  t.is(source.states.get(name), 'running');
  t.true((await tell(source, 'guest.evict', { name, uuid: uuidOf(hosts), lease: 7 })).ended);
  t.is(source.states.get(name), 'stopped');
  t.false((await tell(source, 'guest.evict', { name, uuid: uuidOf(hosts), lease: 7 })).ended);
  t.true(diskOf(source));
});

test('libvirt’s own start of guests at boot is taken away, where it is on', async (t) => {
  for (const [listed, wanted] of [
    ['libvirt-guests.service enabled enabled\n', 1],
    ['libvirt-guests.service disabled enabled\n', 0],
    ['', 0],
  ] as const) {
    const disabled: string[] = [];
    await startNothingAtBoot(async (command, args) => {
      if (args[0] === 'disable') disabled.push([command, ...args].join(' '));
      return listed;
    });
    t.is(disabled.length, wanted, listed);
  }
});

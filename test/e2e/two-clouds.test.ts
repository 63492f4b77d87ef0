/**
 * The main job on real nested virtualization: two hosts on different virtual hardware are booted once, and
 * everything is done to them through the CLI. The tests build on one another and run in order.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import anyTest, { type TestFn } from 'ava';
import { findProcesses } from '../../infra/clean/processes.ts';
import { askOnce } from '../../infra/demo/observer.ts';
import type { Host } from '../../src/wire/resources.ts';
import { playFaults } from './faults-in-fleet.ts';
import { bootFleet, destination, type Fleet, ground, guest, source } from './fleet.ts';
import type { GroundHost } from './grounds/ground.ts';
import { playHosts } from './hosts-in-fleet.ts';
import { playLegs } from './legs-in-fleet.ts';
import { playLibvirtInHost } from './libvirt-in-host.ts';
import { playMigrations } from './migrate-in-fleet.ts';
import { playNetwork } from './network-in-fleet.ts';
import { beginThird, playPortability } from './portability-in-fleet.ts';
import { unlessShort } from './short.ts';
import { tellStory } from './story.ts';

const test = anyTest as TestFn<Fleet>;
const never = new AbortController().signal;

/** Slow enough that a test can act while the copy is under way: some 40 MB of memory have to pass. */
const SLOW = ['--bandwidth', '2MiB'];

const other = (host: string): string => (host === source ? destination : source);

let fleet: Fleet;

test.before(async (t) => {
  t.timeout(25 * 60_000);
  fleet = await bootFleet((text) => process.stderr.write(text));
  t.context = fleet;
});

let isTold = false;

test.afterEach.always(async (t) => {
  if (t.passed || isTold) return;
  isTold = true;
  await tellStory(t.context, (text) => process.stderr.write(text));
});

test.after.always(async (t) => {
  await t.context.forward?.close();
  await t.context.end?.();
});

/** Exactly one host runs the guest, it is the one Blanket names, and nothing was lost on the way. */
async function safeOn(fleet: Fleet, host: string): Promise<boolean> {
  const running = await fleet.running();
  const now = await fleet.where();
  const check = (await askOnce(fleet.address, 'check', never, 120_000)) as { unbroken: boolean };
  return (
    check.unbroken &&
    now.host === host &&
    now.state === 'running' &&
    running[host]?.join() === guest &&
    running[other(host)]?.length === 0
  );
}

test.serial('each host has the driver of its cloud, and an engine that was proven', async (t) => {
  const hosts = (await t.context.json('host', 'list')) as Host[];
  t.deepEqual(
    hosts.map(({ name, state, driver, engine }) => ({ name, state, driver, engine })),
    ground.hosts.map(({ name, driver }) => ({ name, state: 'ready', driver, engine: 'kvm' })),
  );
  t.true(hosts.every(({ engineScore }) => (engineScore ?? 0) > 0));
});

const isHome = (fleet: Fleet): Promise<boolean> => safeOn(fleet, source);

playHosts(() => fleet, source, destination, ground.joinsLocalClouds ? beginThird : () => undefined);
if (ground.joinsLocalClouds) {
  playPortability(
    () => fleet,
    isHome,
    [source, destination],
    (host, cloud) => {
      const [first, second] = ground.hosts;
      const stopAt = (one: GroundHost) => ({ host: one.name, cloud: one.cloud });
      playNetwork(() => fleet, [stopAt(first), stopAt(second), { host, cloud }]);
    },
  );
} else playLegs(() => fleet, isHome, [source, destination]);

const newNetwork = ['network', 'create', 'other', '--subnet'];
const newGuest = ['guest', 'create', 'other', '--image', 'micro', '--host', source];

const refusals: [what: string, args: string[], exit: number, code: string][] = [
  ['a guest that is there already', ['migrate', guest, '--to', source], 5, 'migrate.same-host'],
  ['a host that is not there', ['migrate', guest, '--to', 'nowhere'], 3, 'host.not-found'],
  ['a guest that is not there', ['migrate', 'nobody', '--to', source], 3, 'guest.not-found'],
  ['a host in use', ['host', 'remove', source, '--yes'], 1, 'host.in-use'],
  ['a running guest', ['guest', 'remove', guest, '--yes'], 1, 'guest.not-stopped'],
  ['a network in use', ['network', 'remove', 'lan'], 1, 'network.in-use'],
  ['an image in use', ['image', 'remove', 'micro'], 1, 'image.in-use'],
  ['an overlapping subnet', [...newNetwork, '10.77.0.0/25'], 1, 'network.overlap'],
  ['the subnet of the tunnels', [...newNetwork, '10.254.0.0/24'], 1, 'network.overlap'],
  ['a public subnet', [...newNetwork, '8.8.8.0/24'], 2, 'network.public-subnet'],
  ['an MTU that no tunnel carries', [...newNetwork, '10.78.0.0/24', '--mtu', '9000'], 2, 'network.mtu'],
  ['an address in use', [...newGuest, '--address', '10.77.0.10'], 1, 'network.address-taken'],
  ['an address outside', [...newGuest, '--address', '10.78.0.10'], 2, 'network.bad-address'],
  ['a port of the host itself', ['guest', 'publish', guest, '22:22'], 5, 'guest.port-reserved'],
  ['a name twice', ['guest', 'create', guest, '--image', 'micro', '--host', source], 1, 'guest.exists'],
];

for (const [what, args, exit, code] of refusals) {
  test.serial(`refused with a code and without a trace: ${what}`, async (t) => {
    const { code: ended, stderr, stdout } = await t.context.cli(...args);
    t.is(ended, exit);
    t.regex(stderr, new RegExp(`code: ${code.replace('.', '\\.')}`));
    t.is(stdout, '');
    t.like(await t.context.where(), { host: source, state: 'running' });
  });
}

test.serial('a second migration at once is refused, and the first can be cancelled', async (t) => {
  const fleet = t.context;
  const id = await fleet.startMigration(destination, ...SLOW);
  await fleet.phaseBegins(id, 'copy');
  const second = await fleet.cli('migrate', guest, '--to', destination);
  t.is(second.code, 1);
  t.regex(second.stderr, /code: operation\.busy/);
  t.is((await fleet.cli('op', 'cancel', id)).code, 0);
  t.is((await fleet.cli('op', 'watch', id)).code, 130);
  t.true(await safeOn(fleet, source));
});

test.serial('a full destination is found before the guest is touched', async (t) => {
  const fleet = t.context;
  const inHost = (...command: string[]) => fleet.cli('host', 'ssh', destination, '--', 'sudo', ...command);
  const fill = 'fallocate -l $(($(stat -f -c %a*%S /var/lib/blanket) - 16777216)) /var/lib/blanket/filler';
  t.is((await inHost('sh', '-c', `'${fill}'`)).code, 0);
  const { code, stderr } = await fleet.cli('migrate', guest, '--to', destination);
  await inHost('rm', '/var/lib/blanket/filler');
  t.is(code, 5);
  t.regex(stderr, /code: migrate\.no-disk/);
  t.true(await safeOn(fleet, source));
});

playMigrations(() => fleet, safeOn, [source, destination]);
playFaults(() => fleet);

async function sendHome(fleet: Fleet): Promise<void> {
  if ((await fleet.where()).host !== source) await fleet.json('migrate', guest, '--to', source);
}

test.serial('a destination that dies is told, and the guest stays', async (t) => {
  const fleet = t.context;
  await sendHome(fleet);
  await fleet.forward.close();
  await ground.cutPower(ground.hosts[1], fleet.state);
  const { code, stderr } = await fleet.cli('migrate', guest, '--to', destination);
  t.true(code === 5 || code === 6, stderr);
  await sleep(1_000);
  t.like(await fleet.where(), { host: source, state: 'running' });
  t.is((await fleet.cli('host', 'remove', destination, '--yes', ...ground.removeDead)).code, 0);
});

unlessShort("the libvirt client's own tests in a host", () => playLibvirtInHost(() => fleet, source));

test.serial('all is taken down without a trace', async (t) => {
  const fleet = t.context;
  t.is((await fleet.cli('guest', 'stop', guest, '--force')).code, 0);
  t.is((await fleet.cli('guest', 'remove', guest, '--yes')).code, 0);
  t.is((await fleet.cli('host', 'remove', source, '--yes')).code, 0);
  for (const cloud of new Set(ground.hosts.map(({ cloud }) => cloud)))
    t.is((await fleet.cli('cloud', 'remove', cloud)).code, 0);
  t.is((await fleet.cli('stop')).code, 0);
  t.deepEqual(await findProcesses(fleet.state), []);
});

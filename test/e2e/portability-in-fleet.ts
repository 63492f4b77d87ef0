/**
 * The part of `make matrix` that every test run plays: a third host, of other virtual hardware than the fleet's two and
 * made through a metadata service, legs between all three; and a cloud that nobody has heard of.
 */
import anyTest, { type TestFn } from 'ava';
import { buildImage } from '../../images/build.ts';
import type { Place } from '../../infra/matrix/page.ts';
import { addProfileCloud, hostOf, makePlace } from '../../infra/matrix/places.ts';
import { tunnelsSchema } from '../../src/wire/routes/network.ts';
import { type Fleet, ground } from './fleet.ts';
import { playLegs } from './legs-in-fleet.ts';

const test = anyTest as TestFn<Fleet>;
const third = 'nitro';
/** Of the profile of that name; `silent` is another of the same profile. */
const strange = 'odd';
const silent = 'silent';

/** The third host, once it was begun. */
let coming: Promise<Place> | undefined;
/** The host of the strange cloud that is heard. */
let heard: Promise<Place> | undefined;

async function makeThird({ seat }: Fleet): Promise<Place> {
  await addProfileCloud(seat, third);
  return await makePlace(seat, third, (await buildImage('host')).path);
}

/** Lets the third host boot beside other tests: one that boots under emulation keeps one processor busy. */
export function beginThird(fleet: Fleet): void {
  coming = makeThird(fleet);
  coming.catch(() => undefined); // its own test tells
}

/**
 * `hosts`: the fleet's own, the one with the guest first. The third host is removed again; `meanwhile` adds the tests that
 * need all three.
 */
export function playPortability(
  current: () => Fleet,
  isHome: (fleet: Fleet) => Promise<boolean>,
  hosts: readonly string[],
  meanwhile: (thirdHost: string, itsCloud: string) => void,
): void {
  test.serial(
    'a host on NVMe and PCI Express, told who it is by a metadata service, is recognised',
    async (t) => {
      coming ??= makeThird(current());
      const { driver, engine } = await coming;
      t.deepEqual({ driver, engine }, { driver: 'aws-nitro', engine: 'kvm' });
    },
  );

  playLegs(current, isHome, [...hosts, hostOf(third)]);

  meanwhile(hostOf(third), third);

  test.serial('a host leaves, and nothing of it stays with the others', async (t) => {
    await unmake(current(), third);
    const { tunnels } = tunnelsSchema.parse(await current().json('tunnel', 'list'));
    t.deepEqual(
      tunnels.map((tunnel) => [...tunnel.hosts].sort()),
      [[...hosts].sort()],
    );
  });

  playStrange(current);
}

/** Two clouds of the same strange kind, of which one lets no tunnel through: their hosts boot side by side. */
function playStrange(current: () => Fleet): void {
  test.serial('a host that no other hears is not kept, and the error says what to open', async (t) => {
    const fleet = current();
    for (const cloud of [strange, silent]) await addProfileCloud(fleet.seat, strange, cloud);
    await closeWays(fleet, silent);
    const { path } = await buildImage('host');
    heard = makePlace(fleet.seat, strange, path);
    const made = fleet.cli('host', 'provision', hostOf(silent), '--cloud', silent, '--image', path);
    const [{ code, stderr }] = await Promise.all([made, heard]);
    t.is(code, 5);
    t.regex(stderr, /code: tunnel\.blocked/);
    t.regex(stderr, /51820/);
    t.is((await fleet.cli('host', 'show', hostOf(silent))).code, 3);
    await fleet.seat.blanket(['cloud', 'remove', silent]);
  });

  test.serial('a cloud that nobody has heard of comes up on generic by itself', async (t) => {
    const place = await heard;
    t.like(place, { driver: 'generic', engine: 'kvm' });
    t.true((place?.score ?? 0) > 0);
    await unmake(current(), strange);
  });
}

/** Nothing comes through from this cloud to the fleet's own or to the other strange one, nor back. */
async function closeWays({ json }: Fleet, cloud: string): Promise<void> {
  const closed = ['--latency', '1ms', '--bandwidth', '100MB', '--loss', '100%'];
  for (const other of [...ground.hosts.map((host) => host.cloud), strange])
    await json('cloud', 'link', cloud, other, ...closed);
}

async function unmake({ seat: { blanket } }: Fleet, profile: string): Promise<void> {
  await blanket(['host', 'remove', hostOf(profile), '--yes']);
  await blanket(['cloud', 'remove', profile]);
}

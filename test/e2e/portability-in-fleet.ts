/**
 * The part of `make matrix` that every test run plays: a third host, of other virtual hardware than the fleet's two and
 * made through a metadata service, legs between all three; and a cloud that nobody has heard of.
 */
import anyTest, { type TestFn } from 'ava';
import { buildImage } from '../../images/build.ts';
import { addProfileCloud, describePlace, hostOf, makePlace } from '../../infra/matrix/places.ts';
import { tunnelsSchema } from '../../src/wire/routes/network.ts';
import { type Fleet, ground } from './fleet.ts';
import { playLegs } from './legs-in-fleet.ts';

const test = anyTest as TestFn<Fleet>;
const third = 'nitro';
const strange = 'odd';

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
      const { seat } = current();
      await addProfileCloud(seat, third);
      const { driver, engine } = await makePlace(seat, third, (await buildImage('host')).path);
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

function playStrange(current: () => Fleet): void {
  test.serial('a host that no other hears is not kept, and the error says what to open', async (t) => {
    const fleet = current();
    await addProfileCloud(fleet.seat, strange);
    await setLoss(fleet, '100%');
    const { path } = await buildImage('host');
    const args = ['--cloud', strange, '--image', path];
    const { code, stderr } = await fleet.cli('host', 'provision', hostOf(strange), ...args);
    await setLoss(fleet, '0%');
    t.is(code, 5);
    t.regex(stderr, /code: tunnel\.blocked/);
    t.regex(stderr, /51820/);
    t.is((await fleet.cli('host', 'show', hostOf(strange))).code, 3);
  });

  test.serial('a cloud that nobody has heard of comes up on generic by itself', async (t) => {
    await makePlace(current().seat, strange, (await buildImage('host')).path);
    const place = await describePlace(current().seat, strange, hostOf(strange));
    t.like(place, { driver: 'generic', engine: 'kvm' });
    t.true((place.score ?? 0) > 0);
    await unmake(current(), strange);
  });
}

/** On the strange cloud's ways to the fleet's own. */
async function setLoss({ json }: Fleet, loss: string): Promise<void> {
  const like = ['--latency', '1ms', '--bandwidth', '100MB', '--loss', loss];
  for (const { cloud } of ground.hosts) await json('cloud', 'link', strange, cloud, ...like);
}

async function unmake({ seat: { blanket } }: Fleet, profile: string): Promise<void> {
  await blanket(['host', 'remove', hostOf(profile), '--yes']);
  await blanket(['cloud', 'remove', profile]);
}

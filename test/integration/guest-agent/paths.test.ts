/**
 * Real pings over paths of a known width. Two network namespaces play a router and a host behind it:
 *
 *   this machine -- 1500 -- router -- 1400 -- far     the router says what it refuses
 *   this machine -- 1500 | 1378 -- mute               the cable drops silently what is larger
 */
import type { ExecutionContext } from 'ava';
import { ping } from '../../../src/guest-agent/conform/ping.ts';
import { measurePath } from '../../../src/guest-agent/path-mtu.ts';
import { run } from '../../../src/process/run.ts';
import { asRoot } from '../as-root.ts';
import { tag } from '../tag.ts';

const never = new AbortController().signal;
/** Documentation's own networks (RFC 5737): nobody has them. */
const [near, router, far] = ['198.51.100.1', '198.51.100.2', '203.0.113.2'];
const [silent, mute] = ['198.51.100.129', '198.51.100.130'];
const needed = 1480;

const ip = (...words: string[]) => run('ip', words);
const inside = (space: string, ...words: string[]) => ip('netns', 'exec', space, ...words);

async function layOut(): Promise<void> {
  const [mid, end, dumb] = [`bl-r-${tag}`, `bl-f-${tag}`, `bl-m-${tag}`];
  const cable = ['type', 'veth', 'peer', 'name', 'wan0', 'netns'];
  for (const space of [mid, end, dumb]) await ip('netns', 'add', space);
  await ip('link', 'add', `blr${tag}`, 'mtu', '1500', ...cable, mid);
  await inside(mid, 'ip', 'link', 'add', 'lan0', 'mtu', '1400', ...cable, end);
  await ip('link', 'add', `blm${tag}`, 'mtu', '1500', ...cable, dumb);
  await ip('address', 'add', `${near}/25`, 'dev', `blr${tag}`);
  await ip('address', 'add', `${silent}/25`, 'dev', `blm${tag}`);
  for (const link of [`blr${tag}`, `blm${tag}`]) await ip('link', 'set', link, 'up');
  for (const space of [mid, end, dumb]) await inside(space, 'ip', 'link', 'set', 'wan0', 'up');
  await inside(mid, 'ip', 'address', 'add', `${router}/25`, 'dev', 'wan0');
  await inside(mid, 'ip', 'address', 'add', '203.0.113.1/24', 'dev', 'lan0');
  await inside(mid, 'ip', 'link', 'set', 'lan0', 'up');
  await inside(mid, 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
  await inside(end, 'ip', 'link', 'set', 'wan0', 'mtu', '1400');
  await inside(end, 'ip', 'address', 'add', `${far}/24`, 'dev', 'wan0');
  await inside(end, 'ip', 'route', 'add', 'default', 'via', '203.0.113.1');
  await inside(dumb, 'ip', 'link', 'set', 'wan0', 'mtu', '1378');
  await inside(dumb, 'ip', 'address', 'add', `${mute}/25`, 'dev', 'wan0');
  await ip('route', 'add', '203.0.113.0/24', 'via', router);
}

/** A namespace takes its links, and ours on their other ends, with it. */
async function clear(): Promise<void> {
  for (const space of [`bl-r-${tag}`, `bl-f-${tag}`, `bl-m-${tag}`]) {
    await ip('netns', 'del', space).catch(() => undefined); // one that was not made yet
  }
}

async function lay(t: ExecutionContext): Promise<void> {
  t.teardown(clear);
  await layOut();
}

asRoot(
  'make network namespaces',
  'paths are as wide as what is sent shows, whoever says so or says nothing',
  async (t) => {
    await lay(t);
    const silence = '198.51.100.77';
    const [wide, narrow, nobody] = await Promise.all(
      [router, mute, silence].map((address) => measurePath(address, needed, never)),
    );
    t.deepEqual(wide, { address: router, deviceMtu: 1500, needed, largest: 1500 });
    // a veth lets a VLAN's tag of 4 bytes through beside its MTU, tag or not
    t.like(narrow, { deviceMtu: 1500, largest: 1382 });
    t.deepEqual(nobody, { address: silence, deviceMtu: 1500, needed });
    t.like(await measurePath(far, needed, never), { deviceMtu: 1500, largest: 1400 });
    // the kernel remembers the router's word now, and is not believed
    t.like(await measurePath(far, needed, never), { deviceMtu: 1500, largest: 1400 });
    t.like(await ping({ address: far, mtu: 1400, count: 5 }), { sent: 5, received: 5 });
    t.like(await ping({ address: far, mtu: 1401, count: 1 }), { sent: 1, received: 0 });
  },
);

asRoot('make network namespaces', 'an address without a way to it is told of', async (t) => {
  await run('ip', ['route', 'add', 'unreachable', '192.0.2.99']);
  t.teardown(() => run('ip', ['route', 'del', 'unreachable', '192.0.2.99']));
  await t.throwsAsync(measurePath('192.0.2.99', needed, never));
});

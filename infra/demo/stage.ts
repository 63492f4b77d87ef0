/**
 * What the demo and the bench both play on: two clouds with different virtual hardware, a host in each, and a
 * guest that counts.
 *
 *     alpha (virtio)                      beta (pvscsi, vmxnet3)
 *     ┌── alpha1 ──────┐  WAN: latency,   ┌── beta1 ───────┐
 *     │  [ counter ] ──┼── bandwidth ─────┼─▶              │ ◀── observer
 *     └────────────────┘                  └────────────────┘
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import { run } from '../../src/process/run.ts';
import { guestSchema } from '../../src/wire/resources.ts';
import type { Seat } from './blanket.ts';
import { replySchema } from './continuity.ts';
import type { Address } from './line-client.ts';
import { askOnce } from './observer.ts';

export const stage = {
  clouds: [
    { name: 'alpha', profile: 'openstack-kvm', host: 'alpha1' },
    { name: 'beta', profile: 'vmware', host: 'beta1' },
  ],
  link: { latency: '10ms', bandwidth: '25MB' },
  network: { name: 'lan', subnet: '10.77.0.0/24' },
  image: 'micro',
  guest: 'counter',
  port: 7000,
} as const;

/** Two hosts that boot under emulation at once take minutes; this is where they are given up. */
const provisionMs = 15 * 60_000;
const serviceMs = 180_000;

export type Images = { host: string; guest: string };

/** Builds what is missing of the images; gives the paths of the host's and the guest's. */
export async function buildImages(seat: Seat, signal: AbortSignal): Promise<Images> {
  const root = join(import.meta.dirname, '../..');
  seat.say('$ node images/build.ts host probe micro\n');
  const { stdout } = await run(process.execPath, ['images/build.ts', 'host', 'probe', stage.image], {
    cwd: root,
    env: seat.env,
    signal,
    timeoutMs: 30 * 60_000,
    onOutput: seat.say,
  });
  const built = stdout.split('\n').map((line) => line.split(' '));
  const pathOf = (image: string): string => {
    const path = built.find(([name]) => name === image)?.[1];
    if (path === undefined) throw new Error(`The image builder named no file for ${image}.`);
    return path;
  };
  return { host: pathOf('host'), guest: pathOf(stage.image) };
}

export async function addClouds({ blanket }: Seat): Promise<void> {
  for (const { name, profile } of stage.clouds) {
    await blanket(['cloud', 'add', name, '--type', 'local', '--profile', profile]);
  }
  const names = stage.clouds.map(({ name }) => name);
  const { latency, bandwidth } = stage.link;
  await blanket(['cloud', 'link', ...names, '--latency', latency, '--bandwidth', bandwidth]);
}

export type Place = { readonly name: string; readonly cloud: string };

const places: readonly Place[] = stage.clouds.map(({ name, host }) => ({ name: host, cloud: name }));

/** All at once, each followed to its end. `image`: path of the host image; by default the newest that was built. */
export async function provisionHosts({ blanket }: Seat, image?: string, hosts = places): Promise<void> {
  const started: { host: string; id: string }[] = [];
  for (const { name, cloud } of hosts) {
    const which = image === undefined ? [] : ['--image', image];
    const text = await blanket(['host', 'provision', name, '--cloud', cloud, ...which, '--detach']);
    started.push({ host: name, id: text.trim() });
  }
  const watch = ({ host, id }: { host: string; id: string }) =>
    blanket(['op', 'watch', id], { label: host, limitMs: provisionMs });
  const ends = await Promise.allSettled(started.map(watch));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  await blanket(['host', 'list']);
}

export async function createGuest({ blanket }: Seat, imagePath: string, host: string): Promise<void> {
  await blanket(['image', 'import', stage.image, imagePath]);
  await blanket(['network', 'create', stage.network.name, '--subnet', stage.network.subnet]);
  const where = ['--image', stage.image, '--host', host, '--network', stage.network.name];
  await blanket(['guest', 'create', stage.guest, ...where]);
}

/** Waits until the guest's service answers and has put a count on its disk. */
export async function awaitService(address: Address, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + serviceMs;
  for (let last: unknown; ; await sleep(500, undefined, { signal })) {
    try {
      const reply = replySchema.parse(await askOnce(address, 'count', signal));
      if (reply.persisted > 0) return;
    } catch (error) {
      last = error;
    }
    signal.throwIfAborted();
    if (Date.now() > deadline) {
      throw new Error(`The guest's service was not ready within ${serviceMs / 1000} s.`, { cause: last });
    }
  }
}

/** Where Blanket says that the guest is. */
export async function showGuest({ blanket }: Seat): Promise<z.output<typeof guestSchema>> {
  return guestSchema.parse(JSON.parse(await blanket(['guest', 'show', stage.guest, '-o', 'json'])));
}

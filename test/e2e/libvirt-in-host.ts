/** The libvirt client's own tests once more, against the libvirt of a host, beside the guest that it runs. */
import test from 'ava';
import { createClient } from '../../src/api-client/client.ts';
import { findHome } from '../../src/wire/home.ts';
import type { Server } from '../integration/libvirt/server.ts';
import { play } from '../integration/libvirt/topic.ts';
import { backups } from '../integration/libvirt/topics/backups.ts';
import { blockJobs } from '../integration/libvirt/topics/block-jobs.ts';
import { devices } from '../integration/libvirt/topics/devices.ts';
import { disks } from '../integration/libvirt/topics/disks.ts';
import { domainSettings } from '../integration/libvirt/topics/domain-settings.ts';
import { host as hostItself } from '../integration/libvirt/topics/host.ts';
import { networks } from '../integration/libvirt/topics/networks.ts';
import { pretendedGuest } from '../integration/libvirt/topics/pretended-guest.ts';
import { runningDomain } from '../integration/libvirt/topics/running-domain.ts';
import { saves } from '../integration/libvirt/topics/saves.ts';
import { secrets } from '../integration/libvirt/topics/secrets.ts';
import { snapshots } from '../integration/libvirt/topics/snapshots.ts';
import { storage } from '../integration/libvirt/topics/storage.ts';
import { testDriver } from '../integration/libvirt/topics/test-driver.ts';
import { volumes } from '../integration/libvirt/topics/volumes.ts';
import { type Fleet, guest } from './fleet.ts';
import { openHostServer } from './host-server.ts';

async function openServer({ seat }: Pick<Fleet, 'seat'>, host: string): Promise<Server> {
  const client = createClient(findHome(seat.env).socket);
  return openHostServer(await client.call('host.ssh', { params: { name: host } }));
}

type Declare = (open: () => Promise<Server>) => void;

/** All topics but those that need two machines, a guest of their own image, or half a gigabyte of traffic. */
const topics: readonly Declare[] = [
  (open) => play(testDriver, open),
  (open) => play(hostItself, open),
  (open) => play(storage, open),
  (open) => play(volumes, open),
  (open) => play(networks, open),
  (open) => play(secrets, open),
  (open) => play(runningDomain, open),
  (open) => play(domainSettings, open),
  (open) => play(pretendedGuest, open),
  (open) => play(disks, open),
  (open) => play(blockJobs, open),
  (open) => play(snapshots, open),
  (open) => play(backups, open),
  (open) => play(saves, open),
  (open) => play(devices, open),
];

/** Declares the tests. All share one way to the host, which a last test closes. */
export function playLibvirtInHost(fleet: () => Fleet, host: string): void {
  let opened: Promise<Server> | undefined;
  const open = async (): Promise<Server> => {
    opened ??= openServer(fleet(), host);
    return { ...(await opened), stop: async () => undefined };
  };
  for (const declare of topics) declare(open);
  test.serial(`the tests of libvirt leave nothing on ${host} but its guest`, async (t) => {
    await (await opened)?.stop();
    t.deepEqual((await fleet().running())[host], [guest]);
  });
}

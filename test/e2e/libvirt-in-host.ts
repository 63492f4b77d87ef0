/** The libvirt client's own tests once more, against the libvirt of a host, beside the guest that it runs. */
import test from 'ava';
import { createClient } from '../../src/api-client/client.ts';
import { findHome } from '../../src/wire/home.ts';
import type { Server } from '../integration/libvirt/server.ts';
import { play } from '../integration/libvirt/topic.ts';
import { runningDomain } from '../integration/libvirt/topics/running-domain.ts';
import { testDriver } from '../integration/libvirt/topics/test-driver.ts';
import { type Fleet, guest } from './fleet.ts';
import { openHostServer } from './host-server.ts';

async function openServer({ seat }: Fleet, host: string): Promise<Server> {
  const client = createClient(findHome(seat.env).socket);
  return openHostServer(await client.call('host.ssh', { params: { name: host } }));
}

/** Declares the tests. All share one way to the host, which a last test closes. */
export function playLibvirtInHost(fleet: () => Fleet, host: string): void {
  let opened: Promise<Server> | undefined;
  const open = async (): Promise<Server> => {
    opened ??= openServer(fleet(), host);
    return { ...(await opened), stop: async () => undefined };
  };
  play(testDriver, open);
  play(runningDomain, open);
  test.serial(`the tests of libvirt leave nothing on ${host} but its guest`, async (t) => {
    await (await opened)?.stop();
    t.deepEqual((await fleet().running())[host], [guest]);
  });
}

/**
 * A stopped guest goes from one hypervisor of this machine to another by its agents' own calls: they die in the middle, the
 * destination's disk is full, a byte changes on the way. The guest can be started on one host at most all the time.
 */
import { existsSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { run } from '../../../src/process/run.ts';
import type { GuestSpec } from '../../../src/wire/guest-spec.ts';
import { asRoot } from '../as-root.ts';
import {
  closeHosts,
  furnish,
  type Host,
  type Hosts,
  holdsWhatWasWritten,
  openHosts,
  restart,
  written,
} from './cold-hosts.ts';

let hosts: Hosts;

test.before(async () => {
  hosts = await openHosts();
});

test.after.always(() => closeHosts(hosts));

type Id = { operation: string; guest: string };

const draftOf = ({ agent: { paths } }: Host, { guest }: Id, disk = 'root'): string =>
  `${paths.extraDisk(guest, disk)}.incoming`;
const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );

async function untilArrived(path: string, bytes: number): Promise<void> {
  while ((await sizeOf(path)) < bytes) await sleep(20);
}

const stop = ({ agent }: Host, name: string) => agent.call('guest.stop', { name, force: true, timeoutMs: 0 });

/** @returns bytes that came */
async function fetched({ here, there }: Hosts, id: Id, spec: GuestSpec): Promise<number> {
  const offer = await here.agent.call('cold.offer', id);
  return (await there.agent.call('cold.fetch', { ...id, spec, offer })).sent;
}

async function compared({ here, there }: Hosts, id: Id) {
  const ask = ({ agent }: Host) => agent.call('cold.digest', id);
  const [{ files }, came] = await Promise.all([ask(here), ask(there)]);
  return { files, came: came.files };
}

/** Nothing of it stays at the destination, and it starts where it was. */
async function isWhereItWas(t: ExecutionContext, { here, there }: Hosts, id: Id): Promise<void> {
  await there.agent.call('migrate.discard', id);
  t.false(existsSync(there.agent.paths.diskFolder(id.guest)));
  t.deepEqual(await there.connection.domains.list(), []);
  await t.throwsAsync(here.agent.call('guest.start', { name: id.guest }), { code: 'migrate.busy' });
  t.deepEqual(await here.agent.call('migrate.keep', { ...id, decided: true }), { state: 'stopped' });
  await here.agent.call('guest.start', { name: id.guest });
  const domain = await here.connection.domains.byName(id.guest);
  t.is((await domain.state()).state, 'running');
  await stop(here, id.guest);
}

test.serial(
  'both agents die in the middle, and the guest runs with all its disks, on one host',
  async (t) => {
    const { here, there } = hosts;
    const spec = await furnish(hosts, 'several');
    const id = { operation: 'op-several', guest: spec.name };
    const slow = await here.agent.call('cold.offer', { ...id, bandwidth: 2 ** 22 });
    void there.agent.call('cold.fetch', { ...id, spec, offer: slow });
    await untilArrived(draftOf(there, id, 'data'), 2 ** 20); // the first, by name
    await Promise.all([restart(here), restart(there)]);
    await t.throwsAsync(here.agent.call('guest.start', { name: id.guest }), { code: 'migrate.busy' });
    const sent = await fetched(hosts, id, spec);
    t.true(sent > 0 && sent < 2 * written.bytes, `only the rest came: ${sent}`);
    const { files, came } = await compared(hosts, id);
    t.deepEqual(
      files.map(({ name }) => name),
      ['data.qcow2', 'root.qcow2'],
    );
    t.deepEqual(came, files);
    t.deepEqual(await there.agent.call('cold.adopt', { ...id, spec, files, start: true }), { running: true });
    await t.throwsAsync(here.agent.call('guest.start', { name: id.guest }), { code: 'migrate.busy' });
    await t.throwsAsync(there.agent.call('migrate.discard', id), { code: 'migrate.running-here' });
    await here.agent.call('migrate.discard', id);
    t.deepEqual(await here.connection.domains.list(), []);
    t.false(existsSync(here.agent.paths.diskFolder(id.guest)));
    t.deepEqual(await there.agent.call('migrate.keep', { ...id, decided: false }), { state: 'running' });
    await stop(there, id.guest);
    const { paths } = there.agent;
    for (const path of [paths.disk(id.guest), paths.extraDisk(id.guest, 'data')]) {
      t.true(await holdsWhatWasWritten(there, path), path);
    }
    await there.agent.call('guest.remove', { name: id.guest, force: false });
  },
);

test.serial('a byte that changed is found, and the guest starts where it was', async (t) => {
  const { there } = hosts;
  const spec = await furnish(hosts, 'changed');
  const id = { operation: 'op-changed', guest: spec.name };
  await fetched(hosts, id, spec);
  const draft = await open(draftOf(there, id), 'r+');
  await draft.write(Buffer.from('x'), 0, 1, 2 ** 20);
  await draft.close();
  const { files, came } = await compared(hosts, id);
  t.deepEqual(came[0], files[0]);
  t.notDeepEqual(came[1], files[1]);
  const adopt = there.agent.call('cold.adopt', { ...id, spec, files, start: true });
  await t.throwsAsync(adopt, { code: 'cold.differs' });
  await isWhereItWas(t, hosts, id);
});

asRoot(
  'mount',
  'a full disk at the destination is told at once, and the guest starts where it was',
  async (t) => {
    const { here, there } = hosts;
    const spec = await furnish(hosts, 'large');
    const id = { operation: 'op-large', guest: spec.name };
    const { disks } = there.agent.paths;
    await run('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'none', disks]);
    try {
      const offer = await here.agent.call('cold.offer', id);
      const fetch = there.agent.call('cold.fetch', { ...id, spec, offer });
      await t.throwsAsync(fetch, { code: 'host.disk-full' });
      t.true((await sizeOf(draftOf(there, id, 'data'))) > 0, 'it was filled by what came');
      await isWhereItWas(t, hosts, id);
    } finally {
      await run('umount', [disks]);
    }
  },
);

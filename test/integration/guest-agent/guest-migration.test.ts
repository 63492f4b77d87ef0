/** The machine that guests see goes from one libvirtd to another as the agents move it, also one that is older than its channel. */
import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { type DomainSources, domainXml } from '../../../src/guest-agent/engines/domain-xml.ts';
import { namesWatchdog } from '../../../src/guest-agent/engines/kvm.ts';
import { openKvmMigration } from '../../../src/guest-agent/engines/kvm-migration.ts';
import type { Connection } from '../../../src/libvirt/connection.ts';
import { guestSpec } from '../../guest-agent/spec.ts';
import { localServer, type Server } from '../libvirt/server.ts';
import { makeOverlay, writeBase } from '../libvirt/tiny-guest.ts';
import { deviceLines } from './domain-devices.ts';

type End = { server: Server; connection: Connection; disk: string };
type Pair = { here: End; there: End };

let pair: Pair;

async function openEnd(filled: boolean): Promise<End> {
  const server = await localServer();
  const connection = await server.connect(server.qemuUri);
  return { server, connection, disk: await makeOverlay(server, await writeBase(server), filled) };
}

test.before(async () => {
  pair = { here: await openEnd(true), there: await openEnd(false) };
});

test.after.always(async () => {
  for (const { server, connection } of Object.values(pair ?? {})) {
    await connection.close();
    await server.stop();
  }
});

const sourcesAt = ({ server, disk }: End, library: string): DomainSources => ({
  disk,
  extraDisk: (name) => `${server.directory}/${name}.qcow2`,
  consoleLog: `${server.directory}/console.log`,
  bridgeOf: () => '',
  mtus: new Map([['shared', 1370]]),
  faultyCpuFeatures: ['cx16'],
  namesWatchdog: namesWatchdog(library),
});

/** Each of these daemons has its files in a directory of its own; those of two hosts are at the same place. */
const elsewhere = (from: End, to: End, xml: string): string =>
  xml.replaceAll(from.disk, to.disk).replaceAll(from.server.directory, to.server.directory);

async function migrate(from: End, to: End, guest: string): Promise<void> {
  const source = openKvmMigration(await from.server.connect(from.server.qemuUri), guest);
  const destination = openKvmMigration(await to.server.connect(to.server.qemuUri), guest);
  try {
    const begun = await source.begin();
    const xml = elsewhere(from, to, begun.xml);
    const { uri, cookie } = await destination.prepare({
      xml,
      cookie: begun.cookie,
      listenAddress: '127.0.0.1',
    });
    const performed = await source.perform({ xml, cookie, uri });
    const finished = await destination.finish({ cookie: performed.cookie, cancelled: false });
    await source.confirm({ cookie: finished.cookie, cancelled: false });
  } finally {
    await source.close();
    await destination.close();
  }
}

/** What agents defined before there was a channel. */
const withoutChannel = (xml: string): string =>
  xml
    .replace(/<channel.*?<\/channel>/s, '')
    .replace(/<controller type='pci'[^>]*\/>/, '')
    .replace(/<controller type='(sata|virtio-serial)'.*?<\/controller>/gs, '')
    .replace(/<input type='mouse'[^>]*>|<audio[^>]*>|<watchdog[^>]*>/g, '');

async function travels(
  t: ExecutionContext,
  name: string,
  change: (xml: string) => string,
): Promise<string[]> {
  const { here, there } = pair;
  const spec = guestSpec({ name, uuid: randomUUID(), engine: 'tcg', nics: [], memoryMiB: 32 });
  const { library } = await here.connection.versions();
  const domain = await here.connection.domains.define(change(domainXml(spec, sourcesAt(here, library))));
  await domain.start();
  const before = deviceLines(await domain.xml());
  await migrate(here, there, name);
  const moved = await there.connection.domains.byName(name);
  t.is((await moved.state()).state, 'running');
  t.deepEqual(deviceLines(await moved.xml()), before);
  t.deepEqual(await here.connection.domains.list(), []);
  await moved.destroy();
  await moved.undefine();
  return before;
}

test.serial('a guest with the channel of its agent', async (t) => {
  const devices = await travels(t, 'today', (xml) => xml);
  t.is(devices.filter((line) => line.startsWith('channel')).length, 1);
});

test.serial('a guest from before there was one: its machine stays as it was', async (t) => {
  const devices = await travels(t, 'yesterday', withoutChannel);
  t.deepEqual(
    devices.filter((line) => line.startsWith('channel') || line.includes('virtio-serial')),
    [],
  );
});

/** Several disks go from one libvirtd to another with their guest, and what holds nothing takes nothing at the destination. */
import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import { domainXml } from '../../../src/guest-agent/engines/domain-xml.ts';
import { namesWatchdog } from '../../../src/guest-agent/engines/kvm.ts';
import { openKvmMigration } from '../../../src/guest-agent/engines/kvm-migration.ts';
import { virtualBytesOf } from '../../../src/guest-agent/qcow2-header.ts';
import type { Connection } from '../../../src/libvirt/connection.ts';
import type { Disk } from '../../../src/wire/disk.ts';
import { guestSpec } from '../../guest-agent/spec.ts';
import { localServer, type Server } from '../libvirt/server.ts';
import { makeOverlay, writeBase } from '../libvirt/tiny-guest.ts';
import { sameContent } from '../libvirt/writing-guest.ts';

const mebi = 2 ** 20;

type End = { server: Server; connection: Connection; root: string };

async function openEnd(t: ExecutionContext, filled: boolean): Promise<End> {
  const server = await localServer();
  const connection = await server.connect(server.qemuUri);
  t.teardown(async () => {
    await connection.close();
    await server.stop();
  });
  return { server, connection, root: await makeOverlay(server, await writeBase(server), filled) };
}

const disks: Disk[] = [
  { name: 'data', bytes: 64 * mebi, target: 'vdb' },
  { name: 'thin', bytes: 1024 * mebi, target: 'vdd' },
];

const fileAt = ({ server }: End, name: string): string => `${server.directory}/${name}.qcow2`;
const make = (end: End, name: string, bytes: number) =>
  end.server.run('qemu-img', ['create', '-q', '-f', 'qcow2', fileAt(end, name), String(bytes)]);
const allocated = async (path: string): Promise<number> => (await stat(path)).blocks * 512;

const write = (end: End, options: string, commands: readonly string[]) =>
  end.server.run('qemu-io', [
    '--image-opts',
    ...commands.flatMap((one) => ['-c', one]),
    `driver=qcow2${options},file.driver=file,file.filename=${fileAt(end, 'data')}`,
  ]);

/** As QEMU does it for a guest, by the options that its machine names. */
const asGuest = ',discard=unmap,detect-zeroes=unmap';

async function started({ server, connection, root }: End, name: string) {
  const spec = guestSpec({ name, uuid: randomUUID(), engine: 'tcg', nics: [], memoryMiB: 32, disks });
  const { library } = await connection.versions();
  const xml = domainXml(spec, {
    disk: root,
    extraDisk: (disk) => `${server.directory}/${disk}.qcow2`,
    consoleLog: `${server.directory}/console.log`,
    bridgeOf: () => '',
    mtus: new Map(),
    faultyCpuFeatures: ['cx16'],
    namesWatchdog: namesWatchdog(library),
  });
  const domain = await connection.domains.define(xml);
  await domain.start();
  return domain;
}

/** `look` is done while the guest stands still at the source and runs at the destination. */
async function migrate(here: End, there: End, guest: string, look: () => Promise<void>): Promise<void> {
  const source = openKvmMigration(await here.server.connect(here.server.qemuUri), guest);
  const destination = openKvmMigration(await there.server.connect(there.server.qemuUri), guest);
  try {
    const begun = await source.begin();
    const xml = begun.xml
      .replaceAll(here.root, there.root)
      .replaceAll(here.server.directory, there.server.directory);
    const listenAddress = '127.0.0.1';
    const { uri, cookie } = await destination.prepare({ xml, cookie: begun.cookie, listenAddress });
    const performed = await source.perform({ xml, cookie, uri });
    const finished = await destination.finish({ cookie: performed.cookie, cancelled: false });
    await look();
    await source.confirm({ cookie: finished.cookie, cancelled: false });
  } finally {
    await source.close();
    await destination.close();
  }
}

test.serial(
  'all of a guest’s disks travel, one that has just grown too, and zeroes take no room',
  async (t) => {
    const [here, there] = [await openEnd(t, true), await openEnd(t, false)];
    for (const { name, bytes } of disks) await make(here, name, bytes);
    await write(here, '', ['write -P 0x51 1M 1M', 'write -P 0x52 40M 1M', 'write -P 0 4M 16M']);
    const before = await allocated(fileAt(here, 'data'));
    t.true(before > 18 * mebi, 'zeroes of a guest from before they were looked for');
    await write(here, asGuest, ['write -P 0 20M 12M']);
    t.true((await allocated(fileAt(here, 'data'))) - before < mebi, 'and of one of today');
    const domain = await started(here, 'several');
    await domain.disks.resize('vdb', 96 * mebi);
    t.is(await virtualBytesOf(fileAt(here, 'data')), 96 * mebi, 'told by the file at once');
    for (const { name } of disks) await make(there, name, await virtualBytesOf(fileAt(here, name)));
    await migrate(here, there, 'several', async () => {
      t.true(await sameContent(here.server, here.root, there.root));
      for (const { name } of disks) {
        t.true(await sameContent(here.server, fileAt(here, name), fileAt(there, name)), name);
      }
    });
    const moved = await there.connection.domains.byName('several');
    t.is((await moved.state()).state, 'running');
    t.is((await moved.disks.info('vdb')).capacity, 96 * mebi);
    t.is((await moved.disks.info('vdd')).capacity, 1024 * mebi);
    t.regex(await moved.xml(), /<serial>thin<\/serial>/);
    const [data, thin] = [await allocated(fileAt(there, 'data')), await allocated(fileAt(there, 'thin'))];
    t.true(data < 4 * mebi, `${data} bytes for 2 MiB of data`);
    t.true(thin < 2 * mebi, `${thin} bytes for nothing`);
    await moved.destroy();
    await moved.undefine();
  },
);

/** The machine that guests see goes from one libvirtd to another as the agents move it, also one that is older than its channel. */
import test, { type ExecutionContext } from 'ava';
import { openKvmMigration } from '../../../src/guest-agent/engines/kvm-migration.ts';
import { plainWay } from '../../../src/wire/copy-way.ts';
import { countOf } from '../libvirt/console-reader.ts';
import { deviceLines } from './domain-devices.ts';
import { closePair, compresses, type End, elsewhere, openPair, type Pair, startGuest } from './two-ends.ts';

let pair: Pair;

test.before(async () => {
  pair = await openPair();
});

test.after.always(() => closePair(pair));

async function migrate(from: End, to: End, guest: string, way = plainWay) {
  const source = openKvmMigration(await from.server.connect(from.server.qemuUri), guest);
  const destination = openKvmMigration(await to.server.connect(to.server.qemuUri), guest);
  try {
    const begun = await source.begin(way);
    const xml = elsewhere(from, to, begun.xml);
    const { uri, cookie } = await destination.prepare({
      xml,
      cookie: begun.cookie,
      listenAddress: '127.0.0.1',
      way,
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
  const domain = await startGuest(here, name, change);
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

test.serial('compressed its count goes on there, where libvirt can compress', async (t) => {
  const { here, there } = pair;
  const domain = await startGuest(here, 'packed');
  const before = await countOf(domain, 20);
  const way = { ...plainWay, suspended: true, compression: 'zstd' } as const;
  if (await compresses(pair)) {
    await migrate(here, there, 'packed', way);
    const moved = await there.connection.domains.byName('packed');
    t.true((await countOf(moved, 1)) >= before);
    await moved.destroy();
    return await moved.undefine();
  }
  await t.throwsAsync(migrate(here, there, 'packed', way), { message: /compression|param/i });
  t.is((await domain.state()).state, 'running');
  await domain.destroy();
  await domain.undefine();
});

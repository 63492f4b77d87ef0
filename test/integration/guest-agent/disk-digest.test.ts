/** The digest of a disk: of files that qemu-io wrote, and of both sides of a real copy before the handover. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { digestFile } from '../../../src/guest-agent/disk-digest.ts';
import { openKvmMigration } from '../../../src/guest-agent/engines/kvm-migration.ts';
import { run } from '../../../src/process/run.ts';
import { localServer, type Server } from '../libvirt/server.ts';
import { diskBytes, guestXml, makeOverlay, writeBase } from '../libvirt/tiny-guest.ts';

const never = new AbortController().signal;
const imageBytes = 8 * 2 ** 20;
const digestOf = async (path: string, below = imageBytes) => (await digestFile(path, below, never)).digest;

/** Overlays of 16 MiB on an image of 8 MiB that is full of 0x11, each as these commands of qemu-io leave it. */
async function overlays(t: ExecutionContext, ...commands: string[][]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'blanket-digest-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const image = join(folder, 'image.qcow2');
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', image, '8M']);
  await run('qemu-io', ['-f', 'qcow2', '-c', 'write -P 0x11 0 8M', image]);
  const made: string[] = [];
  for (const [i, list] of commands.entries()) {
    const path = join(folder, `${i}.qcow2`);
    await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', image, '-F', 'qcow2', path, '16M']);
    if (list.length > 0) await run('qemu-io', ['-f', 'qcow2', ...list.flatMap((one) => ['-c', one]), path]);
    made.push(path);
  }
  return made;
}

test.serial('what a guest reads the same has one digest, however the file came to hold it', async (t) => {
  const [one = '', other = ''] = await overlays(
    t,
    ['write -P 0x42 1M 1M', 'write -z 4M 1M', 'write -P 7 12M 70000', 'write -z 10M 1M'],
    // in another order, zeros written out, some beyond the image never written, a block written twice
    [
      'write -P 7 12M 70000',
      'write -P 0 4M 1M',
      'write -P 0x13 1M 1M',
      'write -P 0x42 1M 1M',
      'write -P 0 9M 1M',
    ],
  );
  t.is(await digestOf(one), await digestOf(other));
});

test.serial('what a guest reads otherwise has another', async (t) => {
  const made = await overlays(
    t,
    [],
    ['write -P 0x42 1M 64k'],
    ['write -P 0x43 1M 64k'],
    ['write -P 0x42 2M 64k'],
    ['write -P 0x42 1M 64k', 'write -z 2M 64k'], // zeros hide the image
    ['write -P 0x42 1M 64k', 'write -P 0x01 15M 1'],
  );
  const digests = await Promise.all(made.map((path) => digestOf(path)));
  t.is(new Set(digests).size, made.length);
});

test.serial('what cannot be read is told as such', async (t) => {
  await t.throwsAsync(digestOf('/nowhere/disk.qcow2'), { code: 'disk.not-read' });
});

type End = { server: Server; disk: string };

async function openEnd(t: ExecutionContext, filled: boolean): Promise<End> {
  const server = await localServer();
  t.teardown(() => server.stop());
  const disk = await makeOverlay(server, await writeBase(server), filled);
  const zeros = ['-c', 'write -z 1M 1M', '-c', 'write -P 0 3M 1M'];
  if (filled) await server.run('qemu-io', ['-f', 'qcow2', ...zeros, disk]);
  return { server, disk };
}

/** One byte of the first data in the file. */
async function damage(path: string): Promise<void> {
  const { stdout } = await run('qemu-img', ['map', '-U', '--output=json', path]);
  const extents = JSON.parse(stdout) as { depth: number; data: boolean; offset?: number }[];
  const at = extents.find(({ depth, data }) => depth === 0 && data)?.offset ?? Number.NaN;
  await using file = await open(path, 'r+');
  await file.write(Buffer.from([0x99]), 0, 1, at);
}

test.serial(
  'at the end of a real copy both sides have one digest, and a byte that differs is found',
  async (t) => {
    const [here, there] = [await openEnd(t, true), await openEnd(t, false)];
    const connection = await here.server.connect(here.server.qemuUri);
    const domain = await connection.domains.define(
      guestXml('digested', randomUUID(), here.disk, here.server.domainType),
    );
    await domain.start();
    const source = openKvmMigration(await here.server.connect(here.server.qemuUri), 'digested');
    const destination = openKvmMigration(await there.server.connect(there.server.qemuUri), 'digested');
    const begun = await source.begin();
    const xml = begun.xml.replaceAll(here.disk, there.disk);
    const prepared = await destination.prepare({ xml, cookie: begun.cookie, listenAddress: '127.0.0.1' });
    const performed = await source.perform({ xml, cookie: prepared.cookie, uri: prepared.uri });

    const [atSource, atDestination] = await Promise.all([
      digestFile(here.disk, diskBytes, never),
      digestFile(there.disk, diskBytes, never),
    ]);
    t.is(atDestination.digest, atSource.digest);
    t.true(atSource.bytes >= 8 * 2 ** 20);
    await damage(there.disk);
    t.not(await digestOf(there.disk, diskBytes), atSource.digest);

    const finished = await destination.finish({ cookie: performed.cookie, cancelled: true });
    await source.confirm({ cookie: finished.cookie, cancelled: true });
    t.is((await domain.state()).state, 'running');
    await source.close();
    await destination.close();
    await domain.destroy();
    await connection.close();
  },
);

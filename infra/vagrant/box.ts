/**
 * The box: the host image, unchanged, in the wrapping that Vagrant's libvirt provider takes (metadata.json and box.img,
 * "Box Format" in vagrant-libvirt's documentation). The same image gives the same box, byte for byte; it holds no user
 * and no key, those come with the seed (seed.ts).
 */
import { copyFile, link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { buildImage } from '../../images/build.ts';
import { publish, whileLocked } from '../../images/cache.ts';
import { run } from '../../src/process/run.ts';
import { root, vagrantPlace } from './machines.ts';

export type Box = {
  /** What Vagrant is to call it: it ends with the content's digest, since Vagrant never looks into a box again. */
  name: string;
  path: string;
};

const bytesPerGiB = 1024 ** 3;
const copyMs = 10 * 60_000;
const imageInfoSchema = z.object({ 'virtual-size': z.number() });

/** Bounds are for a person who uses the box without Blanket's Vagrantfile. */
const defaults = `Vagrant.configure('2') do |config|
  config.vm.synced_folder '.', '/vagrant', disabled: true
  config.vm.boot_timeout = 900
end
`;

/** Builds what is missing. @throws BlanketError of the image builder; CommandError */
export async function buildBox(say: (line: string) => void): Promise<Box> {
  const image = await buildImage('host', { onProgress: say });
  const name = `blanket-host-${image.digest.replace('sha256:', '').slice(0, 16)}`;
  const cache = join(vagrantPlace(), 'boxes');
  const path = join(cache, name, 'host.box');
  await whileLocked(cache, 'box', async () => {
    if (await readFile(join(cache, name, 'metadata.json')).catch(() => undefined)) return;
    say(`packing ${name}`);
    await publish(cache, 'box', name, (folder) => pack(folder, image.path));
  });
  return { name, path };
}

async function pack(folder: string, image: string): Promise<void> {
  const { stdout } = await run('qemu-img', ['info', '--output=json', image]);
  const bytes = imageInfoSchema.parse(JSON.parse(stdout))['virtual-size'];
  const metadata = { provider: 'libvirt', format: 'qcow2', virtual_size: Math.ceil(bytes / bytesPerGiB) };
  await writeFile(join(folder, 'metadata.json'), `${JSON.stringify(metadata)}\n`);
  await writeFile(join(folder, 'Vagrantfile'), defaults);
  const inside = join(folder, 'box.img');
  await link(image, inside).catch(() => copyFile(image, inside)); // caches may lie on two file systems
  const sameEachTime = ['--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=0644'];
  const files = ['metadata.json', 'Vagrantfile', 'box.img'];
  const args = [
    '-c',
    '-f',
    join(folder, 'host.box'),
    '--format=gnu',
    ...sameEachTime,
    '-C',
    folder,
    ...files,
  ];
  await run('tar', args, { timeoutMs: copyMs });
  await rm(inside);
}

/** Gives the box to Vagrant, which keeps a copy of its own. */
export async function addBox({ name, path }: Box, say: (line: string) => void): Promise<void> {
  const { stdout } = await run('vagrant', ['box', 'list'], { cwd: root });
  if (stdout.split('\n').some((line) => line.startsWith(`${name} `))) return;
  say(`giving ${name} to Vagrant`);
  await run('vagrant', ['box', 'add', '--force', '--provider', 'libvirt', '--name', name, path], {
    cwd: root,
    timeoutMs: copyMs,
  });
}

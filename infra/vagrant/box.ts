/**
 * The box: the host image, unchanged, in the wrapping that Vagrant's libvirt provider takes (metadata.json and box.img,
 * "Box Format" in vagrant-libvirt's documentation). The same image gives the same box, byte for byte, under a name that
 * ends with its digest, since Vagrant never looks again into a box that it has. It holds no user and no key; those come
 * with the seed (seed.ts).
 */
import { copyFile, link, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { buildImage } from '../../images/build.ts';
import { run } from '../../src/process/run.ts';
import { root, vagrantPlace } from './machines.ts';
import { listVolumes, removeVolume } from './virsh.ts';

const prefix = 'blanket-host-';
const bytesPerGiB = 1024 ** 3;
const copyMs = 10 * 60_000;
const imageInfoSchema = z.object({ 'virtual-size': z.number() });

/** For a person who uses the box without Blanket's Vagrantfile. */
const defaults = `Vagrant.configure('2') do |config|
  config.vm.synced_folder '.', '/vagrant', disabled: true
  config.vm.boot_timeout = 900
end
`;

/**
 * Builds the image and gives Vagrant its box, each when it is missing. Gives the box's name.
 * @throws BlanketError of the image builder; CommandError
 */
export async function needBox(say: (line: string) => void): Promise<string> {
  const image = await buildImage('host', { onProgress: say });
  const name = `${prefix}${image.digest.replace('sha256:', '').slice(0, 16)}`;
  if ((await listBoxes()).includes(name)) return name;
  const folder = await mkdtemp(join(vagrantPlace(), 'box-'));
  try {
    say(`packing ${name}`);
    const path = await pack(folder, image.path);
    say(`giving ${name} to Vagrant`);
    await vagrantBox('add', '--force', '--provider', 'libvirt', '--name', name, path);
    return name;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function pack(folder: string, image: string): Promise<string> {
  const { stdout } = await run('qemu-img', ['info', '--output=json', image]);
  const bytes = imageInfoSchema.parse(JSON.parse(stdout))['virtual-size'];
  const metadata = { provider: 'libvirt', format: 'qcow2', virtual_size: Math.ceil(bytes / bytesPerGiB) };
  await writeFile(join(folder, 'metadata.json'), `${JSON.stringify(metadata)}\n`);
  await writeFile(join(folder, 'Vagrantfile'), defaults);
  const inside = join(folder, 'box.img');
  await link(image, inside).catch(() => copyFile(image, inside)); // caches may lie on two file systems
  const path = join(folder, 'host.box');
  const sameEachTime = ['--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=0644'];
  const files = ['metadata.json', 'Vagrantfile', 'box.img'];
  const args = ['-c', '-f', path, '--format=gnu', ...sameEachTime, '-C', folder, ...files];
  await run('tar', args, { timeoutMs: copyMs });
  return path;
}

/** Removes boxes of earlier images, and what libvirt's storage has of them. No machine may use one. */
export async function removeOtherBoxes(name: string): Promise<void> {
  for (const box of await listBoxes()) {
    if (!box.startsWith(prefix) || box === name) continue;
    await vagrantBox('remove', '--force', '--all', box);
    // The provider puts the time of the box into the name, since the box has no version.
    for (const volume of await listVolumes())
      if (volume.startsWith(`${box}_vagrant_box_image_`)) await removeVolume(volume);
  }
}

/** Lines of `NAME (PROVIDER, VERSION)`. */
async function listBoxes(): Promise<string[]> {
  const text = await vagrantBox('list');
  return text.split('\n').map((line) => line.split(' ', 1)[0] ?? '');
}

async function vagrantBox(...args: string[]): Promise<string> {
  return (await run('vagrant', ['box', ...args], { cwd: root, timeoutMs: copyMs })).stdout;
}

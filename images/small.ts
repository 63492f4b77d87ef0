/**
 * Builds the small images. Nothing is installed: packages are downloaded and unpacked, and what the recipe
 * names is taken out of them.
 *
 *     packages ──► unpacked/ ──► vmlinuz, initrd (busybox, the recipe's `init`, modules)   kind: kernel ends here
 *                           └──► root/ (taken paths, the recipe's files, boot files) ──► <name>.qcow2
 */
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CommandOptions, command } from './command.ts';
import type { Archive } from './debian.ts';
import { diskEnvironment } from './disk.ts';
import { downloadPackages } from './packages.ts';
import type { SmallRecipe } from './recipe.ts';

/** The files of an image of kind `kernel`, in its folder. */
export const kernelFiles = ['vmlinuz', 'initrd'] as const;

export type SmallBuild = { recipe: SmallRecipe; archive: Archive; folder: string };

export async function buildSmall(build: SmallBuild, options: CommandOptions): Promise<void> {
  const { recipe, folder } = build;
  const work = join(folder, 'work');
  await mkdir(join(work, 'unpacked'), { recursive: true });
  const packages = await downloadPackages(
    {
      archive: build.archive,
      suite: recipe.suite,
      names: [recipe.kernelPackage, ...recipe.packages],
      folder: work,
    },
    options,
  );
  for (const { file } of packages) await command('dpkg-deb', ['-x', file, join(work, 'unpacked')], options);
  const lines = packages.map(({ name, version }) => `${name} ${version}\n`);
  await writeFile(join(folder, 'packages.txt'), lines.join(''));
  await makeInitramfs(recipe, work, options);
  if (recipe.kind === 'kernel') await keepKernel(work, folder);
  else await makeDisk(recipe, work, folder, options);
  await rm(work, { recursive: true });
}

async function makeInitramfs(recipe: SmallRecipe, work: string, options: CommandOptions): Promise<void> {
  const script = join(recipe.directory, '..', 'scripts', 'initramfs.sh');
  const env = {
    MODULES: recipe.modules.join(' '),
    SOURCE_DATE_EPOCH: String(recipe.epoch),
    LC_ALL: 'C.UTF-8',
  };
  await command('sh', [script, join(work, 'unpacked'), join(recipe.directory, 'init'), work], {
    ...options,
    env,
  });
}

async function keepKernel(work: string, folder: string): Promise<void> {
  for (const file of kernelFiles) await cp(join(work, file), join(folder, file));
}

async function makeDisk(
  recipe: SmallRecipe & { kind: 'disk' },
  work: string,
  folder: string,
  options: CommandOptions,
) {
  const { directory, name, take } = recipe;
  const scripts = join(directory, '..', 'scripts');
  const env = { ...diskEnvironment(recipe), TAKE: take.map((path) => path.slice(1)).join(' ') };
  const steps = [
    [join(scripts, 'small-root.sh'), join(work, 'unpacked'), join(directory, 'files'), work],
    [join(scripts, 'disk.sh'), join(work, 'root'), join(folder, `${name}.qcow2`)],
  ];
  // Files that this user made count as root's on the disk.
  const asRoot = process.getuid?.() === 0 ? [] : ['unshare', '--map-root-user'];
  for (const step of steps) {
    const [program = 'sh', ...args] = [...asRoot, 'sh', ...step];
    await command(program, args, { ...options, env });
  }
}

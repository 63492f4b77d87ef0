/** Builds an image of kind `system`: Debian installed by mmdebstrap, then made into a disk by its last hook. */
import { access, cp, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type CommandOptions, command } from './command.ts';
import { type Archive, keyring } from './debian.ts';
import { diskEnvironment } from './disk.ts';
import type { SystemRecipe } from './recipe.ts';
import { kernelFiles } from './small.ts';

export type SystemBuild = {
  recipe: SystemRecipe;
  archive: Archive;
  /** The folder that gets `<name>.qcow2` and `packages.txt`. */
  folder: string;
  /** Folders of the images that this one carries, by name. */
  carried: ReadonlyMap<string, string>;
};

export async function buildSystem(build: SystemBuild, options: CommandOptions): Promise<void> {
  const { recipe, archive, folder } = build;
  const overlay = join(folder, 'overlay.tar');
  await packOverlay(build, overlay, options);
  const image = join(folder, `${recipe.name}.qcow2`);
  const env = await hookEnvironment(recipe);
  const scratch = process.getuid?.() === 0 ? { TMPDIR: folder } : {};
  const sources = `deb [signed-by=${keyring}] ${archive.mirror} ${recipe.suite} main`;
  const hooks = [
    `--essential-hook=tar-in ${overlay} /`,
    ...(await setupHook(recipe)),
    `--customize-hook=sh -eu -c "$SYSTEM_SCRIPT" system.sh "$1"`,
    `--customize-hook=download /image.qcow2 ${image}`,
    `--customize-hook=download /packages.txt ${join(folder, 'packages.txt')}`,
  ];
  const args = ['--mode=unshare', '--variant=apt', '--format=null', ...settings(recipe, archive), ...hooks];
  await command('mmdebstrap', [...args, recipe.suite, '/dev/null', sources], {
    ...options,
    env: { ...env, ...scratch },
  });
  await rm(overlay);
}

const settings = (recipe: SystemRecipe, archive: Archive): string[] => [
  `--include=${[...recipe.packages, ...recipe.blanket].join(',')}`,
  // The tree is thrown away after the last hook. That hook has removed apt's temporary configuration with the rest of
  // /tmp, so an apt run by mmdebstrap afterwards would clean this machine's own package lists.
  '--skip=cleanup/apt',
  ...[...archive.aptOptions, 'APT::Install-Recommends "false";'].map((option) => `--aptopt=${option}`),
  ...recipe.leaveOut.map((path) => `--dpkgopt=path-exclude=${path}`),
  // The recipe's files are there before the packages; and a build that is cut off is thrown away.
  ...['force-confold', 'force-confdef', 'force-unsafe-io'].map((option) => `--dpkgopt=${option}`),
];

async function hookEnvironment(recipe: SystemRecipe): Promise<Record<string, string>> {
  const script = (name: string): Promise<string> =>
    readFile(join(recipe.directory, '..', 'scripts', name), 'utf8');
  return {
    ...diskEnvironment(recipe),
    SYSTEM_SCRIPT: await script('system.sh'),
    DISK_SCRIPT: await script('disk.sh'),
  };
}

/** The recipe's own scripts, run inside the root: `blanket.sh`, which provisioning runs too, then `setup.sh`. */
async function setupHook(recipe: SystemRecipe): Promise<string[]> {
  const hooks: string[] = [];
  for (const script of ['blanket.sh', 'setup.sh']) {
    const path = join(recipe.directory, script);
    if (!(await exists(path))) continue;
    hooks.push(
      `--customize-hook=upload ${path} /${script}`,
      `--customize-hook=chroot "$1" sh /${script}; rm "$1/${script}"`,
    );
  }
  return hooks;
}

/** Puts the recipe's files and the carried images into one tar, owned by root and dated to the epoch. */
async function packOverlay(build: SystemBuild, tar: string, options: CommandOptions): Promise<void> {
  const { recipe, carried, folder } = build;
  const stage = join(folder, 'overlay');
  await mkdir(stage);
  const files = join(recipe.directory, 'files');
  if (await exists(files)) await cp(files, stage, { recursive: true, verbatimSymlinks: true });
  for (const [name, path] of Object.entries(recipe.carries)) {
    const from = carried.get(name);
    if (from === undefined) throw new Error(`The image ${name}, which ${recipe.name} carries, was not built`);
    await mkdir(join(stage, path), { recursive: true });
    for (const file of kernelFiles) await cp(join(from, file), join(stage, path, file));
  }
  await command(
    'tar',
    ['--create', `--file=${tar}`, `--directory=${stage}`, ...tarOwnership(recipe.epoch), '.'],
    options,
  );
  await rm(stage, { recursive: true });
}

const tarOwnership = (epoch: number): string[] => [
  ...['--owner=0', '--group=0', '--numeric-owner', '--sort=name', `--mtime=@${epoch}`, '--mode=u=rwX,go=rX'],
];

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

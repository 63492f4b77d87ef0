/** The digest that an image is cached by: everything of ours that decides what the image holds. */
import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type Recipe, readRecipe } from './recipe.ts';

/** Raise it when the builder's code changes what an unchanged recipe gives. */
export const builderVersion = 1;

/** The scripts in `images/scripts` that take part in a build of each kind. */
const scripts: Record<Recipe['kind'], readonly string[]> = {
  system: ['disk.sh', 'system.sh'],
  disk: ['disk.sh', 'initramfs.sh', 'small-root.sh'],
  kernel: ['initramfs.sh'],
};

/**
 * Hex SHA-256 over the builder's version, every file in the recipe's folder (path, executable bit, content),
 * the shared scripts that the build runs, and the digests of the images that this one carries.
 */
export async function recipeDigest(recipe: Recipe): Promise<string> {
  const hash = createHash('sha256').update(`blanket-image ${builderVersion}\n`);
  const { directory } = recipe;
  for (const path of await filesBelow(directory)) {
    hash.update(`${relative(directory, path)}\0${await fingerprint(path)}\n`);
  }
  for (const name of scripts[recipe.kind]) {
    hash.update(`script ${name}\0${await fingerprint(join(directory, '..', 'scripts', name))}\n`);
  }
  for (const name of carriedBy(recipe)) {
    const carried = await readRecipe(name, join(directory, '..'));
    hash.update(`carries ${name} ${await recipeDigest(carried)}\n`);
  }
  return hash.digest('hex');
}

/** Names of the images whose files this one holds, in order. */
export const carriedBy = (recipe: Recipe): string[] =>
  recipe.kind === 'system' ? Object.keys(recipe.carries).sort() : [];

async function filesBelow(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

async function fingerprint(path: string): Promise<string> {
  const stats = await lstat(path);
  if (stats.isSymbolicLink()) return `link ${await readlink(path)}`;
  const content = createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
  return `${(stats.mode & 0o100) === 0 ? 'file' : 'program'} ${content}`;
}

/** A UUID that depends on nothing but what is given, so that a rebuilt image keeps its identifiers. */
export function derivedUuid(...parts: string[]): string {
  const hex = createHash('sha256').update(parts.join('\0')).digest('hex');
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

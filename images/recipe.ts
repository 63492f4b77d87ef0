/**
 * What an image is made of. A recipe is `images/<name>/recipe.yaml`; the files beside it belong to it.
 *
 *     kind: system   Debian installed with mmdebstrap, on a disk with an MBR and GRUB
 *     kind: disk     a few files taken out of Debian packages, on such a disk, with a small initramfs
 *     kind: kernel   a kernel and a small initramfs, to be booted directly; no disk
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { BlanketError } from '../src/wire/errors.ts';

const absolute = z.string().regex(/^\/[^\s'"\\]*$/, 'must be an absolute path without spaces or quotes');
const packageName = z.string().regex(/^[a-z0-9][a-z0-9+.-]+$/, 'must be the name of a Debian package');
const argument = z.string().regex(/^[\w.,:=/+-]+$/, 'must be one kernel argument');
const moduleName = z.string().regex(/^\w+$/, 'must be the name of a kernel module');

const common = {
  summary: z.string().min(1),
  suite: z.string().regex(/^[a-z]+$/),
  /** Seconds since 1970 that every file made by the build carries: the build's SOURCE_DATE_EPOCH. */
  epoch: z.int().positive(),
  packages: z.array(packageName).min(1),
};

const disk = z.strictObject({
  sizeMiB: z.int().min(64).max(65_536),
  compress: z.boolean(),
  /** ext4's journal; small disks want a small one. */
  journalMiB: z.int().min(4).max(128),
  kernelArguments: z.array(argument),
});

/** How to make a small initramfs: its init program is the recipe's own `init`. */
const initramfs = {
  /** Where the kernel comes from. */
  kernelPackage: packageName,
  /** Kernel modules that the initramfs carries, with those they depend on. */
  modules: z.array(moduleName),
};

const system = z.strictObject({
  kind: z.literal('system'),
  ...common,
  /** More packages: those that a plain Debian needs to become such a system. */
  blanket: z.array(packageName).default([]),
  /** Paths (dpkg's globs) that are never unpacked. */
  leaveOut: z.array(absolute),
  /** Where other images' files are put: path in this image by name of the other. */
  carries: z.record(z.string(), absolute),
  disk,
});

const smallDisk = z.strictObject({
  kind: z.literal('disk'),
  ...common,
  ...initramfs,
  /** Paths (globs) taken out of the packages; everything else in them is left behind. */
  take: z.array(absolute).min(1),
  disk,
});

const kernel = z.strictObject({ kind: z.literal('kernel'), ...common, ...initramfs });

export const recipeSchema = z.discriminatedUnion('kind', [system, smallDisk, kernel]);
export type Recipe = z.infer<typeof recipeSchema> & { name: string; directory: string };
export type SystemRecipe = Extract<Recipe, { kind: 'system' }>;
export type SmallRecipe = Extract<Recipe, { kind: 'disk' | 'kernel' }>;
export type DiskSettings = z.infer<typeof disk>;

/**
 * Reads and checks one recipe.
 * @throws BlanketError `image.no-recipe` when there is none, `image.bad-recipe` when it says what it may not.
 */
export async function readRecipe(name: string, root: string = import.meta.dirname): Promise<Recipe> {
  const directory = join(root, name);
  const file = join(directory, 'recipe.yaml');
  const text = /^[a-z0-9][a-z0-9-]*$/.test(name) ? await textOf(file) : undefined;
  if (text === undefined) {
    throw new BlanketError('image.no-recipe', `There is no recipe for an image called "${name}".`, {
      kind: 'not-found',
      next: `Known images: ${(await recipeNames(root)).join(', ')}.`,
      data: { name, file },
    });
  }
  return { ...checked(text, file), name, directory };
}

/** The names of all images that have a recipe, in order. */
export async function recipeNames(root: string = import.meta.dirname): Promise<string[]> {
  const entries = await readdir(root, { recursive: true });
  return entries
    .filter((entry) => /^[^/]+\/recipe\.yaml$/.test(entry))
    .map((entry) => entry.slice(0, entry.indexOf('/')))
    .sort();
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function checked(text: string, file: string): z.infer<typeof recipeSchema> {
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    throw new BlanketError('image.bad-recipe', `${file} is not YAML.`, { kind: 'usage', cause });
  }
  const result = recipeSchema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    (issue) => `${issue.path.join('.') || 'recipe'}: ${issue.message}`,
  );
  throw new BlanketError('image.bad-recipe', `${file} is not a valid recipe: ${problems.join('; ')}.`, {
    kind: 'usage',
    next: 'Compare it with the schema in images/recipe.ts.',
    data: { file, problems },
  });
}

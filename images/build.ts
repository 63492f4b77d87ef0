/**
 * Builds images, or gives those built before.
 *
 *     node images/build.ts NAME…      progress on stderr, one line `name path digest` per image on stdout
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { BlanketError, exitCodeOf, toProblem } from '../src/wire/errors.ts';
import { imageCache, publish, whileLocked } from './cache.ts';
import { readArchive } from './debian.ts';
import { builderVersion, carriedBy, recipeDigest } from './digest.ts';
import { type Recipe, readRecipe, recipeNames } from './recipe.ts';
import { buildSmall, kernelFiles } from './small.ts';
import { buildSystem } from './system.ts';

export type BuiltImage = {
  name: string;
  /** The qcow2 file; for format `kernel` the folder that holds `vmlinuz` and `initrd`. */
  path: string;
  /** `sha256:` and the content's hash: of the qcow2 file, or of vmlinuz and initrd one after the other. */
  digest: string;
  format: 'qcow2' | 'kernel';
};

export type BuildOptions = {
  /** Called with a line of text for each thing that begins or ends. */
  onProgress?: (text: string) => void;
  signal?: AbortSignal;
  /** The folder of built images. Default: see `imageCache`. */
  cache?: string;
  /** The folder of recipes. Default: this one. */
  recipes?: string;
};

const manifestSchema = z.object({ digest: z.string(), format: z.enum(['qcow2', 'kernel']) });

/**
 * Gives the image, building it first when the cache has none of this recipe.
 * @throws BlanketError `image.no-recipe`, `image.bad-recipe`, `image.cancelled`, `image.tool-missing`,
 * `image.build-failed`, `image.no-package`.
 */
export async function buildImage(name: string, options: BuildOptions = {}): Promise<BuiltImage> {
  const recipe = await readRecipe(name, options.recipes);
  const folder = `${name}-${(await recipeDigest(recipe)).slice(0, 16)}`;
  const cache = options.cache ?? imageCache();
  const cached = await readBuilt(recipe, join(cache, folder));
  if (cached !== undefined) return cached;
  const carried = new Map<string, string>();
  for (const other of carriedBy(recipe)) carried.set(other, (await buildImage(other, options)).path);
  const work = () => buildInto(recipe, { cache, folder, carried }, options);
  return whileLocked(cache, name, work, options.signal);
}

type Place = { cache: string; folder: string; carried: ReadonlyMap<string, string> };

async function buildInto(recipe: Recipe, place: Place, options: BuildOptions): Promise<BuiltImage> {
  const path = join(place.cache, place.folder);
  const meanwhile = await readBuilt(recipe, path);
  if (meanwhile !== undefined) return meanwhile;
  const startedAt = performance.now();
  const say = (text: string): void => options.onProgress?.(`${recipe.name}: ${seconds(startedAt)} ${text}`);
  say('building');
  await publish(place.cache, recipe.name, place.folder, async (folder) => {
    await fill(recipe, folder, place.carried, say, options.signal);
    say('hashing');
    await writeManifest(recipe, folder, place.folder);
  });
  say('done');
  const built = await readBuilt(recipe, path);
  if (built === undefined)
    throw new BlanketError('image.lost', `The image in ${path} vanished once it was built.`);
  return built;
}

async function fill(
  recipe: Recipe,
  folder: string,
  carried: ReadonlyMap<string, string>,
  say: (text: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const archive = await readArchive();
  const onLine = (line: string): void => {
    const told = /^I: (.*?)\.*$/.exec(line)?.[1];
    if (told !== undefined) say(told);
  };
  if (recipe.kind === 'system') await buildSystem({ recipe, archive, folder, carried }, { onLine, signal });
  else await buildSmall({ recipe, archive, folder }, { onLine, signal });
}

const formatOf = (recipe: Recipe): BuiltImage['format'] => (recipe.kind === 'kernel' ? 'kernel' : 'qcow2');

/** Beside the image: what it was made of. Its presence says that the image is whole. */
async function writeManifest(recipe: Recipe, folder: string, key: string): Promise<void> {
  const files = formatOf(recipe) === 'kernel' ? kernelFiles : [`${recipe.name}.qcow2`];
  const hash = createHash('sha256');
  for (const file of files) await pipeline(createReadStream(join(folder, file)), hash, { end: false });
  const packages = (await readFile(join(folder, 'packages.txt'), 'utf8')).trim().split('\n');
  await rm(join(folder, 'packages.txt'));
  const manifest = {
    name: recipe.name,
    summary: recipe.summary,
    format: formatOf(recipe),
    digest: `sha256:${hash.digest('hex')}`,
    key,
    builderVersion,
    epoch: recipe.epoch,
    packages: Object.fromEntries(packages.map((line) => line.split(' '))),
  };
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

async function readBuilt(recipe: Recipe, folder: string): Promise<BuiltImage | undefined> {
  const text = await readFile(join(folder, 'manifest.json'), 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const { digest, format } = manifestSchema.parse(JSON.parse(text));
  return {
    name: recipe.name,
    path: format === 'kernel' ? folder : join(folder, `${recipe.name}.qcow2`),
    digest,
    format,
  };
}

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1).padStart(5)} s`;

async function main(names: readonly string[]): Promise<void> {
  if (names.length === 0) {
    throw new BlanketError('image.usage', 'Name at least one image to build.', {
      kind: 'usage',
      next: `Known images: ${(await recipeNames()).join(', ')}.`,
    });
  }
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const onProgress = (text: string): void => void process.stderr.write(`${text}\n`);
  for (const name of names) {
    const { path, digest } = await buildImage(name, { onProgress, signal: stop.signal });
    process.stdout.write(`${name} ${path} ${digest}\n`);
  }
}

if (import.meta.main) {
  await main(process.argv.slice(2)).catch((error: unknown) => {
    const problem = toProblem(error);
    const lines = [problem.message, ...(problem.causes ?? []), problem.next ?? ''].filter(
      (line) => line !== '',
    );
    process.stderr.write(`${lines.join('\n')}\n`);
    process.exitCode = exitCodeOf(problem.kind);
  });
}

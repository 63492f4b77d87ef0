/**
 * Where `make images` leaves the host image: `<cache>/images/host-<recipe's digest>/host.qcow2`, with a
 * `manifest.json` beside it once the image is whole. The newest is taken.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BlanketError } from '../wire/errors.ts';
import type { Home } from '../wire/home.ts';

/**
 * An absolute path. @param given what the user named, if anything
 * @throws BlanketError `image.no-file` or `image.host-missing`
 */
export function hostImage({ cache }: Pick<Home, 'cache'>, given?: string): string {
  if (given !== undefined) return existing(resolve(given));
  const built = builtIn(join(cache, 'images')).sort((a, b) => b.time - a.time)[0];
  if (built !== undefined) return built.path;
  throw new BlanketError('image.host-missing', 'No host image has been built yet.', {
    kind: 'not-found',
    next: '`make images` builds it, or name one with --image PATH.',
    data: { cache },
  });
}

function existing(path: string): string {
  if (existsSync(path)) return path;
  throw new BlanketError('image.no-file', `There is no file ${path}.`, { kind: 'not-found', data: { path } });
}

function builtIn(images: string): { path: string; time: number }[] {
  if (!existsSync(images)) return [];
  return readdirSync(images)
    .filter((name) => /^host-[0-9a-f]+$/.test(name) && existsSync(join(images, name, 'manifest.json')))
    .map((name) => ({
      path: join(images, name, 'host.qcow2'),
      time: statSync(join(images, name, 'manifest.json')).mtimeMs,
    }));
}

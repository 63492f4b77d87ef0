import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { readRecipe, recipeNames } from '../../images/recipe.ts';
import { BlanketError } from '../../src/wire/errors.ts';

const good = {
  kind: 'kernel',
  summary: 'A kernel',
  suite: 'trixie',
  epoch: 1,
  packages: ['busybox-static'],
  kernelPackage: 'linux-image-cloud-amd64',
  modules: [],
};

async function withRecipe<T>(text: string, use: (root: string) => Promise<T>): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), 'recipe-'));
  await mkdir(join(root, 'some'));
  await writeFile(join(root, 'some', 'recipe.yaml'), text);
  return use(root).finally(() => rm(root, { recursive: true }));
}

test('every recipe of ours is valid', async (t) => {
  const names = await recipeNames();
  t.deepEqual(names, ['debian13', 'host', 'micro', 'probe', 'stock']);
  for (const name of names) t.is((await readRecipe(name)).name, name);
});

const refused: Record<string, [text: string, names: RegExp]> = {
  'what is not YAML': ['{', /is not YAML/],
  'a list': ['- a', /recipe/],
  'an unknown kind': [JSON.stringify({ ...good, kind: 'floppy' }), /kind/],
  'an unknown setting': [JSON.stringify({ ...good, colour: 'red' }), /colour/],
  'a missing setting': [JSON.stringify({ ...good, modules: undefined }), /modules/],
  'a wrong type': [JSON.stringify({ ...good, epoch: 'now' }), /epoch/],
  'a package that is an option': [JSON.stringify({ ...good, packages: ['--force'] }), /packages\.0/],
  'a package with a shell in it': [JSON.stringify({ ...good, packages: ['a;reboot'] }), /packages\.0/],
  'a disk without a size': [
    JSON.stringify({ ...good, kind: 'disk', take: ['/a'], disk: {} }),
    /disk\.sizeMiB/,
  ],
};

for (const [what, [text, names]] of Object.entries(refused)) {
  test(`a recipe may not be ${what}`, async (t) => {
    await withRecipe(text, async (root) => {
      const error = await t.throwsAsync(readRecipe('some', root), { instanceOf: BlanketError });
      t.is(error.code, 'image.bad-recipe');
      t.is(error.kind, 'usage');
      t.regex(error.message, names);
    });
  });
}

for (const name of ['nosuch', '../host', '', 'Host']) {
  test(`there is no image called "${name}"`, async (t) => {
    const error = await t.throwsAsync(readRecipe(name), { instanceOf: BlanketError });
    t.is(error.code, 'image.no-recipe');
    t.regex(error.next ?? '', /debian13, host, micro, probe/);
  });
}

import { chmod, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { derivedUuid, recipeDigest } from '../../images/digest.ts';
import { readRecipe } from '../../images/recipe.ts';

const recipes = join(import.meta.dirname, '..', '..', 'images');

/** The digest of an image before and after something is done to a copy of all recipes. */
async function around(name: string, change: (root: string) => Promise<void>): Promise<[string, string]> {
  const root = await mkdtemp(join(tmpdir(), 'recipes-'));
  try {
    await cp(recipes, root, { recursive: true, verbatimSymlinks: true });
    const digest = async (): Promise<string> => recipeDigest(await readRecipe(name, root));
    const before = await digest();
    await change(root);
    return [before, await digest()];
  } finally {
    await rm(root, { recursive: true });
  }
}

test('a digest depends on nothing but the files', async (t) => {
  const [before, after] = await around('micro', () => Promise.resolve());
  t.is(after, before);
  t.is(after, await recipeDigest(await readRecipe('micro')));
});

const changes: Record<string, (root: string) => Promise<void>> = {
  'an included file': (root) => writeFile(join(root, 'micro/files/etc/hostname'), 'other\n'),
  'a new file': (root) => writeFile(join(root, 'micro/files/etc/motd'), ''),
  'whether a file is a program': (root) => chmod(join(root, 'micro/files/etc/boot'), 0o644),
  'a script that builds it': (root) => writeFile(join(root, 'scripts/small-root.sh'), ''),
  'its recipe': (root) => writeFile(join(root, 'micro/recipe.yaml'), '# changed\n', { flag: 'a' }),
};

for (const [what, change] of Object.entries(changes)) {
  test(`a digest changes with ${what}`, async (t) => {
    const [before, after] = await around('micro', change);
    t.not(after, before);
  });
}

test('a digest changes with an image that is carried', async (t) => {
  const [before, after] = await around('host', (root) => writeFile(join(root, 'probe/init'), ''));
  t.not(after, before);
});

test('a digest does not change with an image that is not carried', async (t) => {
  const [before, after] = await around('host', (root) => writeFile(join(root, 'micro/init'), ''));
  t.is(after, before);
});

test('derived UUIDs are version 4, stable and apart', (t) => {
  const uuid = derivedUuid('disk', 'host');
  t.regex(uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  t.is(uuid, derivedUuid('disk', 'host'));
  t.not(uuid, derivedUuid('disk', 'micro'));
});

import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { publish } from '../../images/cache.ts';
import { mirrorIn, transportOptions } from '../../images/debian.ts';
import { recipeDigest } from '../../images/digest.ts';
import { readRecipe } from '../../images/recipe.ts';

const test = anyTest as TestFn<{ root: string }>;
const own = join(import.meta.dirname, '../../images');

test.beforeEach(async (t) => {
  t.context.root = await mkdtemp(join(tmpdir(), 'blanket-test-'));
  for (const name of ['probe', 'host', 'scripts']) {
    await cp(join(own, name), join(t.context.root, name), { recursive: true, verbatimSymlinks: true });
  }
});

test.afterEach.always((t) => rm(t.context.root, { recursive: true, force: true }));

for (const name of ['host', 'probe', 'micro', 'debian13']) {
  test(`the recipe of ${name} is as it should be`, async (t) => {
    t.is((await readRecipe(name)).name, name);
  });
}

const rubbish: [what: string, text: string][] = [
  ['no YAML', 'kind: [system'],
  ['no recipe at all', '42'],
  ['an unknown kind', 'kind: cake'],
  ['an unknown field', 'kind: kernel\nsummary: x\nsuite: trixie\nepoch: 1\npackages: [a1]\nsecret: 1'],
  [
    'a package that is a shell command',
    'kind: kernel\nsummary: x\nsuite: trixie\nepoch: 1\npackages: ["a; rm"]',
  ],
];

for (const [what, text] of rubbish) {
  test(`refused: ${what}`, async (t) => {
    await mkdir(join(t.context.root, 'bad'));
    await writeFile(join(t.context.root, 'bad/recipe.yaml'), text);
    await t.throwsAsync(readRecipe('bad', t.context.root), { code: 'image.bad-recipe' });
  });
}

for (const name of ['none', '../host', 'Host', '']) {
  test(`there is no recipe called "${name}"`, async (t) => {
    await t.throwsAsync(readRecipe(name, t.context.root), { code: 'image.no-recipe' });
  });
}

test('the digest follows every file that decides the image, and nothing else', async (t) => {
  const { root } = t.context;
  const digest = async (name: string) => recipeDigest(await readRecipe(name, root));
  const [host, probe] = [await digest('host'), await digest('probe')];
  t.is(await digest('host'), host);
  await writeFile(join(root, 'host/files/etc/extra'), 'x');
  const changed = await digest('host');
  t.not(changed, host);
  t.is(await digest('probe'), probe);
  await writeFile(join(root, 'probe/init'), '#!/bin/sh\n');
  t.not(await digest('probe'), probe);
  t.not(await digest('host'), changed); // the host carries the probe
});

test('what fails to build leaves nothing, and what is built is there whole', async (t) => {
  const cache = join(t.context.root, 'cache');
  await mkdir(cache);
  const broken = async (folder: string) => {
    await writeFile(join(folder, 'half'), 'x');
    throw new Error('cut off');
  };
  await t.throwsAsync(publish(cache, 'host', 'host-1', broken), { message: 'cut off' });
  t.deepEqual(await readdir(cache), []);
  await publish(cache, 'host', 'host-1', (folder) => writeFile(join(folder, 'whole'), 'x'));
  t.deepEqual(await readdir(cache), ['host-1']);
});

test("the mirror is the machine's own, in either format of apt's sources", (t) => {
  t.is(
    mirrorIn('deb [arch=amd64] http://mirror.example/debian bookworm main'),
    'http://mirror.example/debian',
  );
  t.is(mirrorIn('Types: deb\nURIs: https://mirror.example/debian/\n'), 'https://mirror.example/debian');
  t.is(mirrorIn('# deb http://off.example/debian x main\ndeb http://other.example/apt x main'), undefined);
});

test('of apt only what decides how a mirror is reached is taken over', (t) => {
  const dump =
    'Acquire::http::Proxy "http://p:1";\nAcquire::https::Proxy "";\nAPT::Install-Recommends "1";\n';
  t.deepEqual(transportOptions(dump), ['Acquire::http::Proxy "http://p:1";']);
});

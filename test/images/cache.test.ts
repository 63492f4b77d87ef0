import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { imageCache, publish, whileLocked } from '../../images/cache.ts';
import { command } from '../../images/command.ts';
import { BlanketError } from '../../src/wire/errors.ts';

async function emptyCache(t: ExecutionContext): Promise<string> {
  const cache = await mkdtemp(join(tmpdir(), 'images-'));
  t.teardown(() => rm(cache, { recursive: true }));
  return cache;
}

test('the cache lies where the environment says', (t) => {
  t.is(imageCache({ BLANKET_CACHE: '/a', XDG_CACHE_HOME: '/b' }), '/a/images');
  t.is(imageCache({ XDG_CACHE_HOME: '/b' }), '/b/blanket/images');
  t.regex(imageCache({}), /\/\.cache\/blanket\/images$/);
  t.is(imageCache({ BLANKET_CACHE: '', XDG_CACHE_HOME: '' }), imageCache({}));
  t.is(imageCache({ BLANKET_CACHE: 'here' }), join(process.cwd(), 'here/images'));
});

test('what is published is there whole', async (t) => {
  const cache = await emptyCache(t);
  await publish(cache, 'some', 'some-1', (folder) => writeFile(join(folder, 'image'), 'all of it'));
  t.deepEqual(await readdir(cache), ['some-1']);
  t.is(await readFile(join(cache, 'some-1', 'image'), 'utf8'), 'all of it');
});

test('a build that is interrupted leaves no half image', async (t) => {
  const cache = await emptyCache(t);
  const stop = new AbortController();
  const building = publish(cache, 'some', 'some-1', async (folder) => {
    await writeFile(join(folder, 'image'), 'half of it');
    setTimeout(() => stop.abort(), 50);
    await command('sleep', ['60'], { signal: stop.signal });
  });
  const error = await t.throwsAsync(building, { instanceOf: BlanketError });
  t.is(error.code, 'image.cancelled');
  t.deepEqual(await readdir(cache), []);
});

test('what a builder that died left is removed by the next, and that of other images is not', async (t) => {
  const cache = await emptyCache(t);
  await mkdir(join(cache, '.building-some-1-abc'));
  await mkdir(join(cache, '.building-other-1-abc'));
  await publish(cache, 'some', 'some-1', () => Promise.resolve());
  t.deepEqual((await readdir(cache)).sort(), ['.building-other-1-abc', 'some-1']);
});

test('two builds of one image take turns', async (t) => {
  const cache = await emptyCache(t);
  const order: string[] = [];
  const build = (name: string) => async () => {
    order.push(`${name} begins`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    order.push(`${name} ends`);
  };
  await Promise.all([whileLocked(cache, 'some', build('a')), whileLocked(cache, 'some', build('b'))]);
  t.is(order.length, 4);
  t.is(order[0]?.charAt(0), order[1]?.charAt(0));
  t.not(order[1]?.charAt(0), order[2]?.charAt(0));
});

test('a builder that waits for its turn can be cancelled', async (t) => {
  const cache = await emptyCache(t);
  const stop = new AbortController();
  await whileLocked(cache, 'some', async () => {
    const waiting = whileLocked(cache, 'some', () => Promise.resolve(), stop.signal);
    setTimeout(() => stop.abort(), 50);
    const error = await t.throwsAsync(waiting, { instanceOf: BlanketError });
    t.is(error.code, 'image.cancelled');
  });
});

test('a program that fails is reported with its last words', async (t) => {
  const failing = command('sh', ['-c', 'echo the disk is full >&2; exit 3']);
  const error = await t.throwsAsync(failing, { instanceOf: BlanketError });
  t.is(error.code, 'image.build-failed');
  t.like(error.data, { exitCode: 3, output: ['the disk is full'] });
});

test('a program that is not installed is named', async (t) => {
  const error = await t.throwsAsync(command('no-such-program', []), { instanceOf: BlanketError });
  t.is(error.code, 'image.tool-missing');
  t.regex(error.message, /no-such-program/);
});

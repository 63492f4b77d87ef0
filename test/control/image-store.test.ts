import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { importImage, removeImageFile } from '../../src/control/storage/image-store.ts';
import { run } from '../../src/process/run.ts';

const test = anyTest as TestFn<{ directory: string; state: string; file(name: string): string }>;

test.beforeEach(async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'blanket-test-'));
  t.context = { directory, state: join(directory, 'state'), file: (name) => join(directory, name) };
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', t.context.file('good.qcow2'), '8M']);
});

test.afterEach.always((t) => rm(t.context.directory, { recursive: true, force: true }));

test('an image is copied under its digest, read-only', async (t) => {
  const { state, file } = t.context;
  const record = await importImage(state, 'micro', file('good.qcow2'));
  t.is(record.virtualBytes, 8 * 2 ** 20);
  const stored = join(state, 'images', `${record.digest.slice('sha256:'.length)}.qcow2`);
  t.is((await stat(stored)).mode & 0o777, 0o444);
  const again = await importImage(state, 'other', file('good.qcow2'));
  t.is(again.digest, record.digest);
  t.is((await readdir(join(state, 'images'))).length, 1);
  await removeImageFile(state, record.digest);
  t.deepEqual(await readdir(join(state, 'images')), []);
});

const rubbish: [what: string, make: (file: (name: string) => string) => Promise<string>, code: string][] = [
  ['nothing there', async (file) => file('none'), 'image.unreadable'],
  ['a folder', async (file) => file('.'), 'image.unreadable'],
  [
    'one with a backing file',
    async (file) => {
      const args = [
        'create',
        '-q',
        '-f',
        'qcow2',
        '-b',
        file('good.qcow2'),
        '-F',
        'qcow2',
        file('over.qcow2'),
      ];
      await run('qemu-img', args);
      return file('over.qcow2');
    },
    'image.backing-file',
  ],
  [
    'a text file',
    async (file) => {
      await writeFile(file('text.qcow2'), 'not a disk');
      return file('text.qcow2');
    },
    'image.format',
  ],
  [
    'a broken header',
    async (file) => {
      await writeFile(
        file('broken.qcow2'),
        Buffer.concat([Buffer.from('QFI\xfb', 'latin1'), Buffer.alloc(200, 255)]),
      );
      return file('broken.qcow2');
    },
    'image.not-an-image',
  ],
];

for (const [what, make, code] of rubbish) {
  test(`refused, and nothing kept: ${what}`, async (t) => {
    const { state, file } = t.context;
    const path = await make(file);
    const error = await t.throwsAsync(importImage(state, 'bad', path), { code });
    t.like(error, { kind: 'usage' });
    t.deepEqual(await readdir(join(state, 'images')).catch(() => []), []);
  });
}

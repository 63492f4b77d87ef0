import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deflateRaw } from 'node:zlib';
import test from 'ava';
import { measureCompressing, readableIn, samplePages } from '../../../src/guest-agent/plan/compressing.ts';

const maps = `00400000-00420000 r-xp 00000000 fe:00 123 /usr/bin/node
00600000-00700000 ---p 00000000 00:00 0
7f0000000000-7f0000040000 rw-p 00000000 00:00 0
7ffd00000000-7ffd00004000 r--p 00000000 00:00 0                          [vvar]
ffffffffff600000-ffffffffff601000 r-xp 00000000 00:00 0                  [vsyscall]
`;

test('of the memory map what can be read', (t) => {
  t.deepEqual(readableIn(maps), [
    { from: 0x400000, bytes: 0x20000 },
    { from: 0x7f0000000000, bytes: 0x40000 },
  ]);
});

test('pages that are all zero are left out', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'blanket-pages-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const page = Buffer.alloc(4096, 'memory');
  const bytes = 128 * 1024;
  await writeFile(
    join(directory, 'memory'),
    Buffer.concat([Buffer.alloc(bytes), page, Buffer.alloc(bytes - 4096)]),
  );
  const memory = await open(join(directory, 'memory'));
  t.teardown(() => memory.close());
  t.deepEqual(await samplePages(memory, [{ from: 0, bytes: 2 * bytes }]), [page]);
});

test('this machine compresses its own pages, by whatever its Node has', async (t) => {
  const { bytesPerSecond, cpus } = await measureCompressing();
  t.true(bytesPerSecond > 0);
  t.true(cpus >= 1);
  let [before, after] = [0, 0];
  const pack = promisify(deflateRaw);
  const compress = async (piece: Buffer) => {
    const packed = await pack(piece);
    before += piece.length;
    after += packed.length;
    return packed;
  };
  const counted = await measureCompressing({ compress, asFastAsZstd: 2 });
  t.true(counted.bytesPerSecond > 0);
  t.true(before >= 4096);
  t.true(after < before * 0.9, 'they are pages as programs have them');
});

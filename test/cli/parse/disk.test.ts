import test from 'ava';
import { addDiskSizes, parseDiskName, parseNamedDisk } from '../../../src/cli/parse/disk.ts';

test('a root disk by its size, others by name and size', (t) => {
  const sizes = ['data=20G', '8G', 'wal=512M'].reduce(
    (before, text) => addDiskSizes(text, before),
    addDiskSizes('tmp=1G'),
  );
  t.deepEqual(sizes, {
    rootGiB: 8,
    disks: [
      { name: 'tmp', bytes: 2 ** 30 },
      { name: 'data', bytes: 20 * 2 ** 30 },
      { name: 'wal', bytes: 2 ** 29 },
    ],
  });
});

for (const text of [
  'data',
  'data=',
  'data=20',
  '=20G',
  'Data=1G',
  'data=0G',
  'a=b=1G',
  'data=5T',
  'data-=1G',
]) {
  test(`refused as a disk: ${text}`, (t) => void t.throws(() => parseNamedDisk(text)));
}

test('the root disk has no name where it is made, and one size', (t) => {
  t.throws(() => addDiskSizes('root=8G'));
  t.throws(() => addDiskSizes('8G', { rootGiB: 4 }));
  t.is(parseDiskName('root'), 'root');
});

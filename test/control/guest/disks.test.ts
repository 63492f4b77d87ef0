import test from 'ava';
import fc from 'fast-check';
import { placed, withDisk, withGrown, withoutDisk } from '../../../src/control/guest/disks.ts';
import { disksSchema, diskTargets } from '../../../src/wire/disk.ts';

const guest = (disks = placed([])) => ({ name: 'db1', diskBytes: 2 ** 30, disks });
const wish = (name: string, bytes = 2 ** 20) => ({ name, bytes });

test('a disk that was there keeps its place, whatever comes and goes', (t) => {
  const names = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const step = fc.record({ name: names, add: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let now = guest();
      for (const { name, add } of steps) {
        const there = now.disks.some((disk) => disk.name === name);
        if (add === there) continue;
        const before = now.disks;
        now = { ...now, ...(add ? withDisk(now, wish(name)) : withoutDisk(now, name)) };
        disksSchema.parse(now.disks);
        const kept = before.filter((disk) => disk.name !== name);
        if (
          !kept.every((disk) => now.disks.some((one) => one.name === disk.name && one.target === disk.target))
        ) {
          return false;
        }
      }
      return true;
    }),
  );
  t.pass();
});

test('a place that was given back is given to the next', (t) => {
  const disks = placed([wish('a'), wish('b'), wish('c')]);
  t.deepEqual(
    disks.map(({ target }) => target),
    ['vdb', 'vdc', 'vdd'],
  );
  const fewer = withoutDisk(guest(disks), 'b').disks;
  t.is(withDisk(guest(fewer), wish('d')).disks.find(({ name }) => name === 'd')?.target, 'vdc');
});

test('what cannot be is refused by its code', (t) => {
  const full = guest(placed(diskTargets.map((_, index) => wish(`d${index}`))));
  t.throws(() => withDisk(full, wish('more')), { code: 'disk.too-many' });
  const one = guest(placed([wish('data', 2 ** 21)]));
  t.throws(() => withDisk(one, wish('data')), { code: 'disk.exists' });
  t.throws(() => withoutDisk(one, 'wal'), { code: 'disk.not-found' });
  t.throws(() => withoutDisk(one, 'root'), { code: 'disk.is-root' });
  t.throws(() => withGrown(one, 'wal', 1), { code: 'disk.not-found' });
  t.throws(() => withGrown(one, 'data', 2 ** 20), { code: 'disk.cannot-shrink' });
  t.throws(() => withGrown(one, 'root', 2 ** 20), { code: 'disk.cannot-shrink' });
});

test('the root disk and the others grow alone', (t) => {
  const two = guest(placed([wish('data'), wish('wal')]));
  t.deepEqual(withGrown(two, 'root', 2 ** 31), { diskBytes: 2 ** 31, disks: two.disks });
  const { diskBytes, disks } = withGrown(two, 'wal', 2 ** 24);
  t.deepEqual([diskBytes, ...disks.map(({ bytes }) => bytes)], [2 ** 30, 2 ** 20, 2 ** 24]);
});

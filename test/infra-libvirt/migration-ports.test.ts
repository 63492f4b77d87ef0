/** Rows of ports that real sockets hold. */
import test from 'ava';
import { reserveMigrationPorts } from '../../infra/libvirt/migration-ports.ts';

test('rows that are asked for at once have no port in common, nor with those that the kernel gives out', async (t) => {
  const rows = await Promise.all(Array.from({ length: 8 }, reserveMigrationPorts));
  const ordered = rows.sort((one, other) => one.min - other.min);
  for (const [index, { min, max }] of ordered.entries()) {
    t.true(min < max && max <= 65_535);
    t.true(min > (ordered[index - 1]?.max ?? 60_999));
  }
  for (const { release } of rows) release();
});

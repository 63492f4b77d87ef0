import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { driversPage } from './drivers-page.ts';

test('docs/drivers.md tells what the drivers do (else: node test/blanket-drivers/drivers-page.ts > docs/drivers.md)', (t) => {
  t.is(readFileSync(join(import.meta.dirname, '../../docs/drivers.md'), 'utf8'), driversPage());
});

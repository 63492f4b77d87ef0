import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { findingIds } from '../../../src/wire/migration-plan.ts';

const root = join(import.meta.dirname, '../../..');
const text = (path: string) => readFileSync(join(root, path), 'utf8');

test('the table of findings names each once, in the order of the list', (t) => {
  const rows = [...text('docs/migration-plan.md').matchAll(/^\| `([a-z.-]+)` \| (blocker|warning) \|/gm)];
  t.deepEqual(
    rows.map(([, id]) => id),
    [...findingIds],
  );
});

test('the code finds what the list names, and nothing else', (t) => {
  const folder = 'src/control/migrate/findings';
  const files = [
    ...readdirSync(join(root, folder)).map((file) => `${folder}/${file}`),
    'src/control/migrate/plan.ts',
  ];
  const source = [...files, 'src/control/migrate/make-plan.ts'].map(text).join('\n');
  const used = new Set([...source.matchAll(/'(migrate\.[a-z-]+)'/g)].map(([, id]) => id));
  const elsewhere = new Set([
    'operation.busy',
    'host.in-use',
    'host.in-maintenance',
    'migrate.cpu-missing',
    'guest.cpu-too-wide',
  ]);
  t.deepEqual([...used].sort(), findingIds.filter((id) => !elsewhere.has(id)).sort());
});

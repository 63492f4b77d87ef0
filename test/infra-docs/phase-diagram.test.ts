import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { phaseDiagram } from '../../infra/docs/phase-diagram.ts';
import { migrateFlow } from '../../src/control/migrate/migrate.ts';
import type { Services } from '../../src/control/services.ts';

test('the diagram in docs/migration.md is made from the phases of the migration', (t) => {
  // the list of phases asks nothing of what it works with
  const { phases, undoneState } = migrateFlow({} as Services);
  const text = readFileSync(join(import.meta.dirname, '../../docs/migration.md'), 'utf8');
  const drawn = /```mermaid\n([\s\S]*?)\n```/.exec(text)?.[1];
  t.is(drawn, phaseDiagram(phases, undoneState));
});

test('past the point of no return nothing leads back', (t) => {
  const undo = () => undefined;
  const drawn = phaseDiagram([{ name: 'a', undo }, { name: 'b', noReturn: true }, { name: 'c' }], 'failed');
  t.true(drawn.includes('  a --> failed: undo a'));
  t.true(drawn.includes('  b --> failed: the guest is known not to have gone; undo a'));
  t.true(drawn.includes('  b --> attention'));
  t.true(drawn.includes('  c --> attention'));
  t.false(drawn.includes('  c --> failed'));
});

import test from 'ava';
import {
  failures,
  formatPage,
  formatText,
  matrixRows,
  type Place,
  summary,
} from '../../infra/matrix/page.ts';
import type { Cell } from '../../infra/matrix/walk.ts';

const place = (profile: string): Place => ({
  ...{ profile, host: `${profile}-a`, driver: profile, engine: 'kvm' },
  ...{ score: 100, disk: 'nvme', nic: 'e1000e' },
});
const moved = (from: string, to: string, downtimeMs: number): Cell => ({
  ...{ from: `${from}-a`, to: `${to}-a`, downtimeMs, gapMs: 2 * downtimeMs, totalMs: 20_000 },
  ...{ memoryBytes: 40_000_000, diskBytes: 2_000_000 },
});
const places = ['one', 'two', 'three'].map(place);
const cells: Cell[] = [
  moved('one', 'two', 900),
  moved('two', 'one', 1_100),
  { from: 'one-a', to: 'three-a', failed: 'It | broke.' },
];

test('a cell for each ordered pair: measured, failed, not tried', (t) => {
  t.deepEqual(matrixRows({ places, cells }), [
    ['from \\ to', 'one', 'two', 'three'],
    ['one', '—', '0.90 s, 42 MB', 'FAILED'],
    ['two', '1.10 s, 42 MB', '—', 'not tried'],
    ['three', 'not tried', 'not tried', '—'],
  ]);
});

test('the summary counts failures and spreads the rest', (t) => {
  const text = summary(cells);
  t.regex(text, /^2 of 3 live migrations succeeded\./);
  t.regex(text, /Downtime: median 1\.10 s, least 0\.90 s, greatest 1\.10 s\./);
  t.is(summary([{ from: 'a', to: 'b', failed: 'no' }]), '0 of 1 live migrations succeeded.');
  t.deepEqual(failures(cells), ['one-a to three-a: It | broke.']);
});

test('the page has hosts, cells, reasons and the clouds of which only facts are known', (t) => {
  const factsOnly = [{ driver: 'azure', title: 'Azure', missing: 'VMBus', machines: 3 }];
  const text = formatPage({
    digest: 'sha256:ab',
    places,
    cells,
    factsOnly,
    when: '2026-01-02',
    machine: 'here',
  });
  for (const part of [
    '`sha256:ab`',
    '| one | — | 0.90 s, 42 MB | FAILED |',
    '- one-a to three-a: It | broke.',
  ]) {
    t.true(text.includes(part), part);
  }
  t.regex(text, /\| Azure \| azure \| VMBus \| facts only: 3 recorded machines \|/);
});

test('text columns are padded', (t) => {
  t.is(
    formatText([
      ['a', 'bb'],
      ['ccc', 'd'],
    ]),
    'a    bb\nccc  d',
  );
});

import test from 'ava';
import { parse } from 'yaml';
import { formatIn, list, one } from '../../../src/cli/print/format.ts';
import { outcomeError, progressText } from '../../../src/cli/print/operation.ts';
import { fieldLines, table } from '../../../src/cli/print/table.ts';
import * as units from '../../../src/cli/print/units.ts';
import { exitCodeOf, type Problem } from '../../../src/wire/errors.ts';
import type { OperationState } from '../../../src/wire/resources.ts';
import { ended, operation } from '../../api-client/fake-control.ts';

type Row = { name: string; size: number; note: string };
const rows: Row[] = [
  { name: 'a', size: 5, note: '' },
  { name: 'long-name', size: 12345, note: 'x' },
];
const columns = [
  { title: 'NAME', value: (row: Row) => row.name },
  { title: 'SIZE', value: (row: Row) => String(row.size), align: 'right' as const },
  { title: 'NOTE', value: (row: Row) => row.note },
];

test('a table is aligned and never has an empty cell or trailing spaces', (t) => {
  t.is(table(columns, rows), 'NAME        SIZE  NOTE\na              5  -\nlong-name  12345  x\n');
  t.is(table(columns, []), 'NAME  SIZE  NOTE\n');
});

test('fields are aligned, and those without a value left out', (t) => {
  t.is(
    fieldLines([
      ['name', 'a'],
      ['driver', null],
      ['memory', '1 GiB'],
    ]),
    'name:   a\nmemory: 1 GiB\n',
  );
});

test('json and yaml carry the value itself', (t) => {
  t.deepEqual(JSON.parse(list('json', rows, columns)), rows);
  t.deepEqual(parse(list('yaml', rows, columns)), rows);
  t.deepEqual(JSON.parse(one('json', rows[0], [])), rows[0]);
});

test('the format is found in an argv that may not parse', (t) => {
  t.is(formatIn(['guest', 'list', '-o', 'json', '--nonsense']), 'json');
  t.is(formatIn(['-ojson']), 'json');
  t.is(formatIn(['--output=yaml']), 'yaml');
  t.is(formatIn(['-o', 'xml']), 'table');
  t.is(formatIn(['host', 'ssh', 'h', '--', 'x', '-o', 'json']), 'table');
});

const texts: [text: string, shown: string][] = [
  [units.bytesText(0), '0 B'],
  [units.bytesText(1023), '1023 B'],
  [units.bytesText(1536), '1.5 KiB'],
  [units.bytesText(128 * 2 ** 20), '128 MiB'],
  [units.bytesText(2 ** 30 - 1), '1 GiB'],
  [units.rateText(10_240_000), '10.2 MB/s'],
  [units.durationText(0), '0 ms'],
  [units.durationText(351.4), '351 ms'],
  [units.durationText(12_345), '12.3 s'],
  [units.durationText(125_000), '2 min 5 s'],
  [units.durationText(3_660_000), '1 h 1 min'],
  [units.durationText(100 * 3_600_000), '4 d 4 h'],
  [units.roughText(-5), '0 s'],
  [units.roughText(150_000), '3 min'],
  [units.ageText('2026-01-01T00:00:00.000Z', Date.parse('2026-01-03T00:00:00.000Z')), '2 d'],
  [units.percentText(0.005), '0.5%'],
  [units.percentText(0), '0%'],
];
for (const [text, shown] of texts) test(`shown as ${shown}`, (t) => t.is(text, shown));

test('progress says bytes, rate, dirtying, round and time left, each only when known', (t) => {
  t.is(progressText({ message: 'waiting for ssh' }), 'waiting for ssh');
  const full = {
    ...{ message: 'copying', doneBytes: 2 ** 20, totalBytes: 2 ** 22, bytesPerSecond: 1e6 },
    ...{ dirtyBytesPerSecond: 2e5, round: 2, leftMs: 3_100 },
  };
  t.is(progressText(full), 'copying: 1 MiB of 4 MiB, 1 MB/s, dirtied at 200 kB/s, round 2, 3 s left');
  t.is(progressText({ message: 'round 2', round: 2 }), 'round 2');
});

const problem = (kind: Problem['kind']): Problem => ({ code: 'x.y', kind, message: 'It failed.' });
const outcomes: [state: OperationState, kind: Problem['kind'] | null, exit: number][] = [
  ['failed', 'failed', 1],
  ['failed', null, 1],
  ['failed', 'blocked', 5],
  ['failed', 'timed-out', 8],
  ['rolled-back', 'timed-out', 6],
  ['rolled-back', null, 6],
  ['attention', 'failed', 7],
  ['cancelled', 'failed', 130],
];
for (const [state, kind, exit] of outcomes) {
  test(`an operation that ended ${state} with ${kind ?? 'no problem'} exits with ${exit}`, (t) => {
    const error = outcomeError(ended(state, kind === null ? null : problem(kind)));
    t.is(exitCodeOf(error?.kind ?? 'failed'), exit);
    t.not(error?.next, undefined);
  });
}

test('a done or running operation is no error', (t) => {
  t.is(outcomeError(ended('done')), undefined);
  t.is(outcomeError(operation()), undefined);
});

import test from 'ava';
import fc from 'fast-check';
import { listed } from '../../../src/control/api/listing.ts';
import { api } from '../../../src/wire/api.ts';

const rows = [
  { name: 'a', state: 'ready', guests: 10, engine: null },
  { name: 'b', state: 'failed', guests: 9, engine: 'kvm' },
  { name: 'c', state: 'ready', guests: 9, engine: 'kvm' },
];
const names = (query: Record<string, unknown>): string[] =>
  listed(rows, 'name', api['host.list'].query.parse(query)).map(({ name }) => name);

test('filtered, sorted and cut as asked; numbers by their size, equals in their order', (t) => {
  t.deepEqual(names({}), ['a', 'b', 'c']);
  t.deepEqual(names({ filter: 'state=ready' }), ['a', 'c']);
  t.deepEqual(names({ filter: 'state=ready,guests!=10' }), ['c']);
  t.deepEqual(names({ filter: 'engine=' }), ['a']);
  t.deepEqual(names({ sort: 'guests' }), ['b', 'c', 'a']);
  t.deepEqual(names({ sort: '-guests' }), ['a', 'b', 'c']);
  t.deepEqual(names({ sort: 'guests', after: 'b', limit: '1' }), ['c']);
  t.deepEqual(names({ filter: 'state=ready', after: 'b' }), ['c'], 'the row before need not pass');
});

test('what is no field, no condition, or no longer there is told', (t) => {
  const bad = (query: object) => api['host.list'].query.safeParse(query).error?.issues[0]?.path;
  t.deepEqual(bad({ filter: 'secret=1' }), ['filter']);
  t.deepEqual(bad({ filter: 'state' }), ['filter']);
  t.deepEqual(bad({ filter: 'state=ready,' }), ['filter']);
  t.deepEqual(bad({ sort: 'secret' }), ['sort']);
  t.deepEqual(bad({ limit: '0' }), ['limit']);
  t.throws(() => names({ after: 'gone' }), { code: 'api.no-such-row' });
});

test('pages of any size together are the whole list', (t) => {
  const row = fc.record({ name: fc.uuid(), guests: fc.integer({ min: 0, max: 3 }) });
  const lists = fc.uniqueArray(row, { selector: ({ name }) => name, maxLength: 12 });
  const property = fc.property(
    lists,
    fc.integer({ min: 1, max: 5 }),
    fc.constantFrom('guests', '-name'),
    (all, limit, sort) => {
      const pages: typeof all = [];
      for (;;) {
        const after = pages.at(-1)?.name;
        const page = listed(all, 'name', { sort, limit, after });
        if (page.length === 0) break;
        pages.push(...page);
      }
      t.deepEqual(pages, listed(all, 'name', { sort }));
    },
  );
  t.notThrows(() => fc.assert(property, { numRuns: 50 }));
});

import test from 'ava';
import { circuit } from '../../infra/matrix/circuit.ts';

test('nowhere to go', (t) => {
  t.deepEqual(circuit([]), []);
  t.deepEqual(circuit(['a']), []);
});

for (const count of [2, 3, 4, 7, 12]) {
  test(`${count} places: every ordered pair once, each leg from where the last one ended`, (t) => {
    const places = Array.from({ length: count }, (_, index) => `p${index}`);
    const legs = circuit(places);
    t.is(legs.length, count * (count - 1));
    t.is(new Set(legs.map(({ from, to }) => `${from} ${to}`)).size, legs.length);
    t.true(legs.every(({ from, to }) => from !== to));
    t.is(legs[0]?.from, 'p0');
    t.is(legs.at(-1)?.to, 'p0');
    t.true(legs.every(({ from }, index) => index === 0 || legs[index - 1]?.to === from));
  });
}

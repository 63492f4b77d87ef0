import test from 'ava';
import { parseCount, parseName, parsePorts } from '../../../src/cli/parse/words.ts';

test('names are host names', (t) => {
  t.is(parseName('web-1'), 'web-1');
  for (const name of ['', 'Web', '1web', 'web-', 'web_1', '../x', 'a'.repeat(41), 'wéb']) {
    t.throws(() => parseName(name), { message: /1 to 40 characters/ }, name);
  }
});

test('counts are whole and at least one', (t) => {
  t.is(parseCount('2'), 2);
  for (const text of ['0', '-1', '1.5', 'two', '', '9999999999']) t.throws(() => parseCount(text));
});

test('ports come alone or as a pair', (t) => {
  t.deepEqual(parsePorts('80'), { local: 0, remote: 80 });
  t.deepEqual(parsePorts('8080:80'), { local: 8080, remote: 80 });
  t.deepEqual(parsePorts('0:80'), { local: 0, remote: 80 });
  for (const text of ['', '0', '80:0', '70000', 'http', '1:2:3', ':80', '80:'])
    t.throws(() => parsePorts(text), undefined, text);
});

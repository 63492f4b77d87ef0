/** What the suites rely on. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';

const integration = join(import.meta.dirname, '../integration');

test('the tests of an integration file go one after the other, since two files already go at once', async (t) => {
  const names = await readdir(integration, { recursive: true });
  const files = names.filter((name) => name.endsWith('.ts'));
  t.true(files.length > 100);
  for (const name of files) {
    const text = await readFile(join(integration, name), 'utf8');
    t.notRegex(text, /(?<![.\w])test\(/, `${name}: test.serial, or asRoot`);
  }
});

import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { z } from 'zod';
import { readState, readStates, writeState, writeWhole } from '../../src/guest-agent/state-file.ts';
import { scratchPaths } from './spec.ts';

const schema = z.object({ n: z.number() });

test('what was written is read, and no draft stays', async (t) => {
  const { state } = scratchPaths();
  const path = join(state, 'a.json');
  await writeState(path, { n: 1 });
  await writeState(path, { n: 2 });
  t.deepEqual(await readState(path, schema), { n: 2 });
  t.deepEqual(readdirSync(state), ['a.json']);
});

test('an absent file is undefined, an absent folder is empty', async (t) => {
  const { state } = scratchPaths();
  t.is(await readState(join(state, 'none.json'), schema), undefined);
  t.deepEqual(await readStates(join(state, 'none'), schema), []);
});

for (const text of ['', '{', '{"n":"x"}', 'null']) {
  test(`a file of ${JSON.stringify(text)} is named in the error`, async (t) => {
    const path = join(scratchPaths().state, 'a.json');
    writeFileSync(path, text);
    await t.throwsAsync(readState(path, schema), { message: /a\.json/ });
  });
}

test('a secret is its owner’s alone', async (t) => {
  const path = join(scratchPaths().state, 'key');
  await writeWhole(path, 'secret', 0o600);
  t.is(statSync(path).mode & 0o777, 0o600);
});

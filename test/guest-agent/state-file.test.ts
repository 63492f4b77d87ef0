import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { z } from 'zod';
import type { Context } from '../../src/guest-agent/context.ts';
import { keepSpec } from '../../src/guest-agent/guests.ts';
import { keepRecord, newRecord } from '../../src/guest-agent/migrate/record.ts';
import {
  makePrivateFolder,
  readState,
  readStates,
  writeState,
  writeWhole,
} from '../../src/guest-agent/state-file.ts';
import { guestSpec, scratchPaths } from './spec.ts';

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

const modeOf = (path: string): number => statSync(path).mode & 0o777;

test('nor does a draft that was left over open it to others', async (t) => {
  const path = join(scratchPaths().state, 'key');
  writeFileSync(`${path}.new`, 'half');
  chmodSync(`${path}.new`, 0o644);
  await writeWhole(path, 'secret', 0o600);
  t.is(modeOf(path), 0o600);
});

test('what guests are, and what is said of their migrations, is for the agent alone', async (t) => {
  const paths = scratchPaths();
  const context = { paths } as Context;
  await keepSpec(context, guestSpec());
  await keepRecord(context, newRecord({ operation: 'op', guest: 'traveller' }, 'destination'));
  for (const folder of [paths.guests, paths.migrations]) t.is(modeOf(folder), 0o700);
  for (const file of [paths.guest('traveller'), paths.migration('op')]) t.is(modeOf(file), 0o600);
});

test('what an older agent left open is closed', async (t) => {
  const { guests } = scratchPaths();
  mkdirSync(guests);
  chmodSync(guests, 0o755);
  writeFileSync(join(guests, 'old.json'), '{}');
  chmodSync(join(guests, 'old.json'), 0o644);
  await makePrivateFolder(guests);
  t.is(modeOf(guests), 0o700);
  t.is(modeOf(join(guests, 'old.json')), 0o600);
});

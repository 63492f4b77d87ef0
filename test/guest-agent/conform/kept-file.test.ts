import { existsSync } from 'node:fs';
import { mkdtemp, open, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { checkKept, cleanFolder, keepFile } from '../../../src/guest-agent/conform/kept-file.ts';

async function place(t: ExecutionContext) {
  const state = await mkdtemp(join(tmpdir(), 'blanket-conform-'));
  t.teardown(() => rm(state, { recursive: true, force: true }));
  return { state, file: join(state, 'conform', 'kept') };
}

async function scribble(file: string, position: number): Promise<void> {
  const handle = await open(file, 'r+');
  await handle.write(Buffer.from('torn'), 0, 4, position);
  await handle.close();
}

test('what is kept is found again, whole', async (t) => {
  const { state } = await place(t);
  const kept = await keepFile({ state }, 40_960);
  t.is(kept.bytes, 40_960);
  t.deepEqual(await checkKept({ state }, kept), { present: true, intact: true, blocks: 10, tornBlocks: 0 });
});

test('torn blocks are counted, wherever in the block they are torn', async (t) => {
  const { state, file } = await place(t);
  const kept = await keepFile({ state }, 40_960);
  for (const position of [0, 3 * 4096 + 5, 3 * 4096 + 2000, 10 * 4096 - 4]) await scribble(file, position);
  t.deepEqual(await checkKept({ state }, kept), { present: true, intact: false, blocks: 10, tornBlocks: 3 });
});

test('a file cut short lacks its last blocks', async (t) => {
  const { state, file } = await place(t);
  const kept = await keepFile({ state }, 40_960);
  await truncate(file, 5 * 4096 + 1);
  t.deepEqual(await checkKept({ state }, kept), { present: true, intact: false, blocks: 10, tornBlocks: 5 });
});

test('whole blocks of another file are not what was kept', async (t) => {
  const { state } = await place(t);
  const kept = await keepFile({ state }, 8192);
  await keepFile({ state }, 8192);
  t.deepEqual(await checkKept({ state }, kept), { present: true, intact: false, blocks: 2, tornBlocks: 0 });
});

test('a file that is gone is gone; cleaning leaves nothing and may be repeated', async (t) => {
  const { state } = await place(t);
  const kept = await keepFile({ state }, 4096);
  await cleanFolder({ state });
  await cleanFolder({ state });
  t.false(existsSync(join(state, 'conform')));
  t.deepEqual(await checkKept({ state }, kept), { present: false, intact: false, blocks: 1, tornBlocks: 1 });
});

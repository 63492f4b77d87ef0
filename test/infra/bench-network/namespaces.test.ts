import { cpus } from 'node:os';
import test from 'ava';
import { eachOf, leftBehind, percpuBytes, slabBytes } from '../../../infra/bench/network/namespaces.ts';
import { readSettings } from '../../../infra/bench/network/settings.ts';

test('only namespaces of runs that are over are left behind', (t) => {
  const listing = 'blbench12-0 (id: 3)\nblbench12-199\nblbench13-0\nmine\nxblbench12-1\nblbench12-x\n';
  t.deepEqual(
    leftBehind(listing, (pid) => pid === 13),
    ['blbench12-0', 'blbench12-199'],
  );
  t.deepEqual(
    leftBehind('', () => false),
    [],
  );
});

test('all have their turn, so many at a time, and a failure is told when nothing runs any more', async (t) => {
  let [now, most] = [0, 0];
  const seen: number[] = [];
  const act = async (one: number) => {
    now += 1;
    most = Math.max(most, now);
    await new Promise(setImmediate);
    now -= 1;
    seen.push(one);
  };
  await eachOf([1, 2, 3, 4, 5, 6, 7, 8, 9], act);
  t.deepEqual(seen.sort(), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  t.is(most, Math.min(9, cpus().length));
  const failing = eachOf([1, 2, 3], async (one) => {
    await act(one);
    if (one === 1) throw new Error('no');
  });
  await t.throwsAsync(failing, { message: 'no' });
  t.is(now, 0);
});

test("kernel memory is summed from the kernel's own tables", (t) => {
  const slabinfo = [
    'slabinfo - version: 2.1',
    '# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables',
    'dma-kmalloc-64         5      5     64   64    1 : tunables    0    0    0',
    'kmalloc-128        10     32    128   32    1 : tunables    0    0    0',
    'kmalloc-96          3     42     96   42    1 : tunables    0    0    0',
    'dentry            100    100    192   21    1 : tunables    0    0    0',
  ].join('\n');
  t.is(slabBytes(slabinfo), 10 * 128 + 3 * 96);
  t.is(percpuBytes('MemTotal:  1 kB\nPercpu:          1520 kB\nHugePages_Total: 0\n'), 1_520 * 1_024);
  t.true(Number.isNaN(percpuBytes('MemTotal: 1 kB\n')));
});

test('settings come from the environment, and an empty text is none', (t) => {
  const usual = { rounds: 3, fleets: [10, 100, 1_000], namespaces: 200 };
  t.deepEqual(readSettings({}), usual);
  t.deepEqual(readSettings({ ROUNDS: '', FLEETS: '', NAMESPACES: '' }), usual);
  t.deepEqual(readSettings({ ROUNDS: '5', FLEETS: '3,7' }), { ...usual, rounds: 5, fleets: [3, 7] });
  t.throws(() => readSettings({ FLEETS: '10,many' }), { message: /FLEETS/ });
  t.throws(() => readSettings({ FLEETS: '10000' }), { message: /FLEETS/ });
  t.throws(() => readSettings({ NAMESPACES: '2' }), { message: /NAMESPACES/ });
});

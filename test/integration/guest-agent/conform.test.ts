/** The suite's measurements on this very machine: real dd, real /proc. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { measureDisk } from '../../../src/guest-agent/conform/disk-speed.ts';
import { measureOverhead } from '../../../src/guest-agent/conform/overhead.ts';

const never = new AbortController().signal;
/** Not /tmp, which is memory on many machines and knows no O_DIRECT. */
const disk = '/var/tmp';

test.serial('a disk is measured through its file system and raw, and nothing is left on it', async (t) => {
  const state = await mkdtemp(join(disk, 'blanket-conform-'));
  t.teardown(() => rm(state, { recursive: true, force: true }));
  const speed = await measureDisk({ state }, 500, never);
  t.regex(speed.device, /^\/dev\/\w/);
  t.true(speed.write > 0);
  t.true(speed.read > 0);
  // some machines keep even root from their disks, and then say so
  t.true((speed.rawRead ?? 0) > 0 || /cannot be read: dd: .*\.$/.test(speed.rawRefused ?? ''));
  t.true(speed.bytes >= 2 ** 20);
  t.deepEqual(await readdir(join(state, 'conform')), []);
});

test.serial('a cancelled measurement leaves no file behind', async (t) => {
  const state = await mkdtemp(join(disk, 'blanket-conform-'));
  t.teardown(() => rm(state, { recursive: true, force: true }));
  const cancel = new AbortController();
  setTimeout(() => cancel.abort(), 200);
  await t.throwsAsync(measureDisk({ state }, 20_000, cancel.signal));
  t.deepEqual(await readdir(join(state, 'conform')), []);
});

test.serial('a file system without a device of its own is said to be one', async (t) => {
  const state = await mkdtemp('/dev/shm/blanket-conform-');
  t.teardown(() => rm(state, { recursive: true, force: true }));
  await t.throwsAsync(measureDisk({ state }, 500, never), { code: 'conform.no-device' });
});

test.serial("the agent's own process is counted, with the time that it spends", async (t) => {
  const measuring = measureOverhead(1_000, never);
  setTimeout(() => {
    const begun = process.cpuUsage();
    while (process.cpuUsage(begun).user < 300_000); // its own time: a busy machine gives little of it
  }, 400);
  const overhead = await measuring;
  const own = overhead.processes.find(({ name }) => name === 'blanket-agent');
  t.is(own?.pid, process.pid);
  t.true((own?.pssBytes ?? 0) > 2 ** 20);
  t.true((own?.cpuMs ?? 0) >= 100);
  t.true(overhead.windowMs >= 1_000);
  t.true(overhead.pssBytes <= overhead.rssBytes);
  t.true(overhead.memoryTotal > overhead.pssBytes);
});

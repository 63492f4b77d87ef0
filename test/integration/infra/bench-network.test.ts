/** The measurement of scale itself, on a small fleet: that it measures the kernel, and leaves nothing behind. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { run, start } from '../../../src/process/run.ts';
import { asRoot } from '../as-root.ts';

const bench = join(import.meta.dirname, '../../../infra/bench/network/bench.ts');
const small = { ...process.env, ROUNDS: '1', FLEETS: '3,12', NAMESPACES: '4' };

const spaces = async (pid?: number): Promise<string[]> =>
  (await run('ip', ['netns', 'list'])).stdout
    .split('\n')
    .filter((line) => line.startsWith(`blbench${pid ?? ''}`));

const why = 'make network namespaces';

test.serial('who is not root is told so', async (t) => {
  const asNobody = process.getuid?.() === 0 ? ['setpriv', '--reuid', '65534', '--clear-groups'] : [];
  const [command = '', ...args] = [...asNobody, process.execPath, bench];
  const error = await t.throwsAsync(run(command, args, { env: small }));
  t.regex(error?.message ?? '', /bench-network: Only root may make network namespaces/);
});

asRoot(why, 'a small fleet is measured, and every namespace is gone after', async (t) => {
  t.timeout(120_000);
  const { stdout } = await run(process.execPath, [bench], { env: small });
  t.regex(stdout, /^3 hosts, 30 guests +22 /m, 'two peers and twenty remote guests are in the kernel');
  t.regex(stdout, /^12 hosts, 120 guests +121 /m);
  t.regex(stdout, /^network\.forward, 12 hosts .* all$/m);
  t.regex(stdout, /^4 hosts +33 /m);
  t.regex(
    stdout,
    /^11 peers +11 +1\.01 kB /m,
    'each peer gets its copy of an ARP request, and nothing else is sent',
  );
  t.regex(stdout, /^120 names +120 /m);
  t.regex(stdout, /bench-network: ok/);
  t.deepEqual(await spaces(), []);
});

asRoot(why, 'what a signal ends cleans up, and what a kill leaves is swept by the next', async (t) => {
  t.timeout(120_000);
  const many = { ...small, FLEETS: '3', NAMESPACES: '1000' };
  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    const child = start(process.execPath, [bench], { env: many, stdio: 'ignore' });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const isSlow = async () => child.exitCode === null && (await spaces(child.pid)).length < 5;
    while (await isSlow()) await sleep(100);
    t.is(child.exitCode, null);
    child.kill(signal);
    t.is(await ended, signal === 'SIGINT' ? 1 : null);
    if (signal === 'SIGINT') t.deepEqual(await spaces(child.pid), []);
    else t.true((await spaces(child.pid)).length >= 5);
  }
  await run(process.execPath, [bench], { env: { ...small, FLEETS: '3' } });
  t.deepEqual(await spaces(), []);
});

/** A program of the host's owner that listens on a TCP port of all addresses. */
import { once } from 'node:events';
import type { ExecutionContext } from 'ava';
import { start } from '../../../src/process/run.ts';
import type { Host } from './two-hosts.ts';

/** @returns what ends it; the test's end does so too. */
export async function squat(t: ExecutionContext, host: Host, port: number): Promise<() => Promise<void>> {
  const words = ['timeout', '60', 'busybox', 'nc', '-l', '-p', String(port)];
  const child = start('ip', ['netns', 'exec', host.space, ...words], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const end = async () => {
    child.kill();
    await ended;
  };
  t.teardown(end);
  while (!(await host.inside('ss', '-Hlnt')).includes(`:${port} `)) {
    if (child.exitCode !== null) throw new Error(`nobody listens on ${port}`);
    await host.inside('sleep', '0.1');
  }
  return end;
}

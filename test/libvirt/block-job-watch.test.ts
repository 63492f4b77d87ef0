/** A disk's job as its watch tells it: each end, each order of events, and what is no business of the watch. */
import { setImmediate as tick } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { BlockJobError, watchBlockJob } from '../../src/libvirt/domain/block-job-watch.ts';
import type { BlockJobInfo } from '../../src/libvirt/domain/block-jobs.ts';
import type { Domain } from '../../src/libvirt/domain.ts';
import { LibvirtConnectionError } from '../../src/libvirt/errors.ts';
import type { Events } from '../../src/libvirt/events.ts';
import { domainHandle } from './scripted-daemon.ts';

type Told = Partial<Events['block-job']> | { event: string };

/** A connection whose events the test makes up, and a domain whose disk has this job. */
async function watched(info?: BlockJobInfo) {
  const listeners = new Map<string, (event: never) => void>();
  const lost = new Map<string, (reason: LibvirtConnectionError | undefined) => void>();
  let stopped = 0;
  const connection = {
    events: {
      on: async (kind: string, listener: (event: never) => void) => {
        listeners.set(kind, listener);
        return {
          stop: async () => {
            stopped += 1;
          },
        };
      },
    },
    closed: new Promise<LibvirtConnectionError | undefined>((resolve) => lost.set('now', resolve)),
  };
  const domain = { name: 'd', handle: domainHandle, blockJobs: { info: async () => info } };
  const watch = await watchBlockJob(connection, domain as unknown as Domain, 'vda');
  const tell = (kind: 'block-job' | 'lifecycle', event: Told) => listeners.get(kind)?.(event as never);
  const job = (status: string, disk = 'vda') => tell('block-job', { disk, type: 'copy', status } as Told);
  const close = (reason?: LibvirtConnectionError) => lost.get('now')?.(reason);
  return { watch, tell, job, close, stopped: () => stopped };
}

const outcome = async (t: ExecutionContext, promise: Promise<unknown>) =>
  (await t.throwsAsync(promise, { instanceOf: BlockJobError }))?.outcome;

test('a job gets ready and is completed; other disks say nothing of it', async (t) => {
  const { watch, job, stopped } = await watched();
  job('failed', 'vdb');
  job('ready');
  await watch.ready();
  job('completed');
  t.is(await watch.ended(), 'completed');
  await watch.ready();
  await watch.stop();
  t.is(stopped(), 2);
});

test('a job that ends before it is ready was never ready', async (t) => {
  for (const status of ['completed', 'canceled'] as const) {
    const { watch, job } = await watched();
    job(status);
    t.is(await outcome(t, watch.ready()), status);
    t.is(await watch.ended(), status);
  }
});

test('a job that fails rejects, also who asks later', async (t) => {
  const { watch, job } = await watched();
  const waiting = watch.ended();
  job('failed');
  t.is(await outcome(t, waiting), 'failed');
  t.is(await outcome(t, watch.ready()), 'failed');
});

test('with the domain or the connection the job is lost', async (t) => {
  const stopped = await watched();
  stopped.tell('lifecycle', { event: 'suspended' });
  stopped.tell('lifecycle', { event: 'stopped' });
  t.is(await outcome(t, stopped.watch.ended()), 'lost');
  const closed = await watched();
  const reason = new LibvirtConnectionError('keepalive', 'The daemon is silent.');
  closed.close(reason);
  const error = await t.throwsAsync(closed.watch.ended(), { instanceOf: BlockJobError });
  t.is(error?.cause, reason);
});

test('a job that is there already may be ready already', async (t) => {
  const at = { bandwidth: 0, position: 4, end: 4 };
  await (await watched({ ...at, type: 'copy' })).watch.ready();
  const others = [
    { ...at, type: 'pull' },
    { ...at, type: 'active-commit', position: 3 },
  ] as const;
  for (const info of others) {
    const { watch } = await watched(info);
    t.is(await Promise.race([watch.ready(), tick('not yet')]), 'not yet');
  }
});

test('a wait can be given up, and the watch goes on', async (t) => {
  const { watch, job } = await watched();
  const giveUp = new AbortController();
  const waiting = watch.ended({ signal: giveUp.signal });
  giveUp.abort();
  await t.throwsAsync(waiting, { name: 'AbortError' });
  await t.throwsAsync(watch.ready({ signal: giveUp.signal }), { name: 'AbortError' });
  job('completed');
  t.is(await watch.ended(), 'completed');
});

test('who still waits when the watch is stopped is told so', async (t) => {
  const { watch, close } = await watched();
  const waiting = [outcome(t, watch.ready()), outcome(t, watch.ended())];
  await watch.stop();
  t.deepEqual(await Promise.all(waiting), ['lost', 'lost']);
  close();
});

/**
 * How a disk's job goes on, told by libvirt's events. The watch is made before the job begins, so that no event can be
 * missed, or while it runs. Nothing is polled: one look at the beginning tells whether a job is ready already.
 *
 *   waiting -> ready -> completed | canceled | failed | lost
 *      '------------------^
 *
 * `lost` is the end of the domain or of the connection, after which no event comes.
 */
import type { CallOptions } from '../call.ts';
import type { Connection } from '../connection.ts';
import type { Domain } from '../domain.ts';
import type { Events, Subscription } from '../events.ts';
import { unlessAborted } from '../unless-aborted.ts';

export type BlockJobEnd = 'completed' | 'canceled';

/** The job failed, ended before it was ready, or nothing can be known of it any more. */
export class BlockJobError extends Error {
  readonly disk: string;
  readonly outcome: BlockJobEnd | 'failed' | 'lost';

  constructor(disk: string, outcome: BlockJobEnd | 'failed' | 'lost', message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'BlockJobError';
    this.disk = disk;
    this.outcome = outcome;
  }
}

export type BlockJobWatch = {
  /** Until a copy or an active commit is ready for `abort({ pivot })`. @throws BlockJobError when it ends before. */
  ready(options?: CallOptions): Promise<void>;
  /** Until it ended. @throws BlockJobError when it failed. The daemon's log says why. */
  ended(options?: CallOptions): Promise<BlockJobEnd>;
  /** Ends the watch: whoever still waits for it is rejected with a BlockJobError, outcome `lost`. */
  stop(options?: CallOptions): Promise<void>;
};

/** A promise that is settled from outside. */
class Moment<T> {
  readonly promise: Promise<T>;
  resolve: (value: T) => void = () => undefined;
  reject: (error: unknown) => void = () => undefined;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.promise.catch(() => undefined); // perhaps nobody waits for it
  }
}

/** The two moments, and what an event does to them. */
class Progress {
  readonly ready = new Moment<void>();
  readonly ended = new Moment<BlockJobEnd>();
  private readonly disk: string;

  constructor(disk: string) {
    this.disk = disk;
  }

  take({ status, type }: Events['block-job']): void {
    if (status === 'ready') this.ready.resolve();
    if (status === 'failed') this.fail('failed', `The ${type} of disk ${this.disk} failed.`);
    if (status !== 'completed' && status !== 'canceled') return;
    this.ended.resolve(status);
    const message = `The ${type} of disk ${this.disk} was ${status} and never ready.`;
    this.ready.reject(new BlockJobError(this.disk, status, message));
  }

  fail(outcome: 'failed' | 'lost', message: string, cause?: unknown): void {
    const error = new BlockJobError(this.disk, outcome, message, cause);
    this.ended.reject(error);
    this.ready.reject(error);
  }
}

/** A job that was there before the watch may have been ready before. */
async function lookOnce(domain: Domain, disk: string, progress: Progress, options: CallOptions) {
  const info = await domain.blockJobs.info(disk, options);
  const waits = info?.type === 'copy' || info?.type === 'active-commit';
  if (waits && info.position === info.end) progress.ready.resolve();
}

/** @param disk the target (`vda`): events know no other name. */
export async function watchBlockJob(
  { events, closed }: Pick<Connection, 'events' | 'closed'>,
  domain: Domain,
  disk: string,
  options: CallOptions = {},
): Promise<BlockJobWatch> {
  const progress = new Progress(disk);
  const subscriptions: Subscription[] = [];
  const stop = async (last?: CallOptions) => {
    progress.fail('lost', `The watch of disk ${disk} was stopped.`);
    watching = undefined;
    await Promise.all(subscriptions.map((subscription) => subscription.stop(last)));
  };
  // A connection outlives many watches, so it must not hold on to one that was stopped.
  let watching: Progress | undefined = progress;
  void closed.then((reason) => watching?.fail('lost', 'The connection closed.', reason));
  const of = { ...options, domain: domain.handle };
  const onJob = (event: Events['block-job']) => {
    if (event.disk === disk) progress.take(event);
  };
  const onLife = ({ event }: Events['lifecycle']) => {
    if (event === 'stopped') progress.fail('lost', `Domain ${domain.name} stopped.`);
  };
  try {
    subscriptions.push(await events.on('block-job', onJob, of));
    subscriptions.push(await events.on('lifecycle', onLife, of));
    await lookOnce(domain, disk, progress, options);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ready: (wait = {}) => unlessAborted(progress.ready.promise, wait),
    ended: (wait = {}) => unlessAborted(progress.ended.promise, wait),
    stop,
  };
}

import type { CallOptions } from './call.ts';

/** The promise, or the signal's reason when it is aborted before. What was waited for goes on by itself. */
export function unlessAborted<T>(promise: Promise<T>, { signal }: CallOptions): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    const settled = () => signal.removeEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    promise.finally(settled).then(resolve, reject); // also when given up: a late rejection is not unhandled
  });
}

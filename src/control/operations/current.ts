/** Which operation the code that runs just now belongs to, however deep it is in calls: for logs, here and on the hosts. */
import { AsyncLocalStorage } from 'node:async_hooks';

const current = new AsyncLocalStorage<string>();

export const inOperation = <T>(id: string, work: () => T): T => current.run(id, work);

/** `undefined` outside of operations. */
export const currentOperation = (): string | undefined => current.getStore();

/** A word that nothing else on this machine bears: two test files run at once, in threads of one process. */
import { threadId } from 'node:worker_threads';

/** Short, since names of links have 15 characters at most. */
export const tag = `${process.pid}t${threadId}`;

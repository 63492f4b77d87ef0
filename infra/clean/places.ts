/** State directories that Blanket's own tasks use on this machine. */
import { join } from 'node:path';
import { findHome } from '../../src/wire/home.ts';

/** Hosts and guests of `make demo` and `make bench`, apart from the user's own. */
export const demoState = (env: NodeJS.ProcessEnv = process.env): string => join(findHome(env).cache, 'demo');

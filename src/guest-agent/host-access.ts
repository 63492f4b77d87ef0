/** This host, as drivers reach one. */
import { type Exec, filesUnder, type HostAccess } from '../blanket-drivers/access.ts';
import { run } from '../process/run.ts';
import { log } from './log.ts';
import { noticeListener } from './notices/listener.ts';

/** Long enough for a slow emulated host, short enough to be noticed. */
const commandTimeoutMs = 60_000;

export const exec: Exec = async (command, args) =>
  (await run(command, args, { timeoutMs: commandTimeoutMs })).stdout;

export const notices = noticeListener({ onChange: (event) => log('notices.changed', event) });

export const thisHost: HostAccess = { exec, files: filesUnder('/'), notices };

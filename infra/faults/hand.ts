/**
 * A hand inside a host: one root shell over one ssh connection, kept open, since an emulated host takes some ten seconds
 * over a new one and a fault has to strike at once. Scripts are run one after another.
 */
import { once } from 'node:events';
import { start } from '../../src/process/run.ts';
import { program, type Seat } from '../demo/blanket.ts';

export type Hand = {
  /** Runs a script to its end; gives what it printed on standard output, trimmed. @throws Error when it fails or is late */
  run(script: string, limitMs?: number): Promise<string>;
  /** Whether its connection has ended, as when the host was rebooted. */
  lost(): boolean;
  close(): Promise<void>;
};

const openMs = 60_000;
const scriptMs = 60_000;
/** Ends what a script printed; the exit code follows. No script prints it by chance. */
const mark = '--the-script-has-ended--';
const endOf = new RegExp(`\\n${mark} (\\d+)\\n`);

/** @throws Error when the host lets nobody in within a minute */
export async function reachInto(seat: Seat, host: string): Promise<Hand> {
  const args = ['host', 'ssh', host, '--', 'sudo', 'sh'];
  const child = start(program, args, { env: seat.env, stdio: ['pipe', 'pipe', 'ignore'] });
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error('blanket host ssh was started without pipes.');
  let printed = '';
  let gone = false;
  stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  stdin.on('error', () => undefined); // the shell may end first; `exit` tells that
  const exit = once(child, 'exit').then(() => {
    gone = true;
    stdout.emit('data', '');
  });
  const answer = async (script: string, limitMs: number): Promise<string> => {
    stdin.write(`( ${script}\n) </dev/null 2>&1; printf '\\n${mark} %s\\n' $?\n`);
    const signal = AbortSignal.timeout(limitMs);
    for (let found = endOf.exec(printed); ; found = endOf.exec(printed)) {
      if (found !== null) return take(script, found);
      if (gone) throw new Error(`The connection to ${host} ended during: ${script}`);
      await once(stdout, 'data', { signal });
    }
  };
  const take = (script: string, found: RegExpExecArray): string => {
    const text = printed.slice(0, found.index).trim();
    printed = printed.slice(found.index + found[0].length);
    if (found[1] !== '0') throw new Error(`On ${host}, exit code ${found[1]} of: ${script}\n${text}`);
    return text;
  };
  let last: Promise<unknown> = Promise.resolve();
  const run = (script: string, limitMs = scriptMs): Promise<string> => {
    const next = last.then(() => answer(script, limitMs));
    last = next.catch(() => close()); // what a late script prints would be taken for the next one's
    return next;
  };
  const close = async () => {
    child.kill('SIGKILL');
    await exit;
  };
  await run('true', openMs);
  return { run, lost: () => gone, close };
}

/** A terminal in raw mode for as long as something runs, and as it was after, however the process ends. */
import type { ReadStream } from 'node:tty';

const endings = ['SIGTERM', 'SIGHUP', 'SIGINT'] as const;

/** Without a terminal it only runs `work`. */
export async function withRawTerminal<T>(stdin: ReadStream, work: () => Promise<T>): Promise<T> {
  if (stdin.isTTY !== true) return work();
  const restore = () => void stdin.setRawMode(false);
  const die = (signal: NodeJS.Signals) => {
    restore();
    process.off('exit', restore);
    for (const name of endings) process.off(name, die);
    process.kill(process.pid, signal); // ends as it would have ended without us
  };
  stdin.setRawMode(true);
  process.on('exit', restore);
  for (const name of endings) process.on(name, die);
  try {
    return await work();
  } finally {
    restore();
    process.off('exit', restore);
    for (const name of endings) process.off(name, die);
  }
}

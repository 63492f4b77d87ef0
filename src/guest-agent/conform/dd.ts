/**
 * One bounded run of dd past the page cache. It is ended by time and by size, whichever comes first: dd tells what it
 * has copied when it is interrupted (dd(1), SIGINT of coreutils' `timeout`), so a slow disk costs no more time than a
 * fast one.
 */
import { CommandError, run } from '../../process/run.ts';
import { BlanketError } from '../../wire/errors.ts';

export type Copied = { bytes: number; seconds: number };

/** The last line that dd prints, in the C locale: `1048576 bytes (1.0 MB, 1.0 MiB) copied, 0.05 s, 21 MB/s`. */
export function parseDd(text: string): Copied | undefined {
  const lines = [...text.matchAll(/^(\d+) bytes?\b.*\bcopied, (\d+(?:\.\d+)?(?:e[+-]?\d+)?) s\b/gm)];
  const [, bytes, seconds] = lines.at(-1) ?? [];
  if (bytes === undefined || seconds === undefined) return undefined;
  return { bytes: Number(bytes), seconds: Number(seconds) };
}

/** Bytes a second; none were copied in no time. */
export const speedOf = ({ bytes, seconds }: Copied): number => (seconds > 0 ? bytes / seconds : 0);

/** Exit code of `timeout` when the time was over (timeout(1)). */
const timeIsOver = 124;

/** @throws BlanketError `conform.dd` when dd fails, with its own words. */
export async function dd(operands: readonly string[], ms: number, signal: AbortSignal): Promise<Copied> {
  const args = ['-s', 'INT', String(ms / 1000), 'dd', ...operands];
  // A request that a broken disk never answers cannot be interrupted: then `run` gives up.
  const options = { env: { ...process.env, LC_ALL: 'C' }, timeoutMs: ms + 30_000, signal };
  try {
    return copiedIn((await run('timeout', args, options)).stderr, operands);
  } catch (error) {
    if (error instanceof CommandError && error.exitCode === timeIsOver)
      return copiedIn(error.stderr, operands);
    throw error;
  }
}

function copiedIn(text: string, operands: readonly string[]): Copied {
  const copied = parseDd(text);
  if (copied !== undefined) return copied;
  throw new BlanketError('conform.dd', `dd ${operands.join(' ')} did not tell what it copied.`, {
    data: { output: text.slice(-500) },
  });
}

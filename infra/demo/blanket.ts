/**
 * The user's seat: runs `bin/blanket` with a state directory of its own, and shows each command before it runs
 * and what it prints while it does.
 */
import { join } from 'node:path';
import { CommandError, run } from '../../src/process/run.ts';

const root = join(import.meta.dirname, '../..');
export const program = join(root, 'bin/blanket');

export type BlanketOptions = {
  /** Put before each line that the command prints, so that two may run side by side. */
  label?: string;
  /** Neither shown nor its output passed on. */
  quiet?: boolean;
  /** What the command reads on standard input. */
  input?: string;
  /** Milliseconds after which the command is ended and fails. Default: 10 minutes. */
  limitMs?: number;
};

/** Gives what the command printed on standard output. */
export type Blanket = (args: readonly string[], options?: BlanketOptions) => Promise<string>;

export type Say = (text: string) => void;

export type Seat = { blanket: Blanket; env: NodeJS.ProcessEnv; say: Say };

/** `state`: absolute path of the state directory, so that a user's own hosts and guests are never touched. */
export function takeSeat(state: string, signal: AbortSignal, say: Say): Seat {
  const env = { ...process.env, BLANKET_STATE: state };
  const blanket: Blanket = async (args, { label, quiet = false, input, limitMs = 600_000 } = {}) => {
    if (!quiet) say(`$ blanket ${args.map(quote).join(' ')}\n`);
    const onOutput = quiet ? () => undefined : labelled(label, say);
    try {
      const given = input === undefined ? {} : { input };
      return (await run(program, args, { env, signal, timeoutMs: limitMs, onOutput, ...given })).stdout;
    } catch (error) {
      throw explain(args, error, signal);
    }
  };
  return { blanket, env, say };
}

function explain(args: readonly string[], error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (!(error instanceof CommandError)) return error;
  const command = `blanket ${args.map(quote).join(' ')}`;
  return new Error(`${command}: ${error.message.slice(program.length).trim()}`, { cause: error });
}

const quote = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** Puts the label before each line, however the text comes in pieces. */
function labelled(label: string | undefined, say: Say): Say {
  if (label === undefined) return say;
  let rest = '';
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) say(`[${label}] ${line}\n`);
  };
}

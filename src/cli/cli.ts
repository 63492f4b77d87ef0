/** What every command is given: where to read and write, and the way to control. */
import type { ReadStream, WriteStream } from 'node:tty';
import { type Client, createClient } from '../api-client/client.ts';
import type { Problem } from '../wire/errors.ts';
import { findHome, type Home } from '../wire/home.ts';
import { chooseTarget, type Target } from './contexts/target.ts';
import { ensureControl } from './control-process.ts';
import { data, type Format } from './print/format.ts';

export type Io = {
  stdin: ReadStream;
  stdout: WriteStream;
  stderr: WriteStream;
  env: NodeJS.ProcessEnv;
};

export type Cli = {
  readonly io: Io;
  readonly home: Home;
  /** Set before a command runs, from `-o`. */
  format: Format;
  /** Set before a command runs, from `--context`. */
  context: string | undefined;
  /** What the process will end with when nothing is thrown. */
  exitCode: number;
  /** The control that is spoken to. @throws BlanketError as `chooseTarget` does */
  target(): Target;
  /** A client of a control that answers; this machine's own is started when none does. */
  client(): Promise<Client>;
  /** A client of the control that may or may not be there. */
  quietClient(): Client;
  /** Data, to stdout. */
  print(text: string): void;
  /** Anything else, to stderr, one line. */
  note(line: string): void;
};

export function createCli(io: Io, format: Format): Cli {
  const home = findHome(io.env);
  const note = (line: string) => void io.stderr.write(`${line}\n`);
  const cli: Cli = {
    io,
    home,
    format,
    context: undefined,
    exitCode: 0,
    target: () => chooseTarget({ env: io.env, home, context: cli.context }),
    async client() {
      const { connection, isOwn } = cli.target();
      const client = createClient(connection);
      if (isOwn) await ensureControl(client, { home, note });
      return client;
    },
    quietClient: () => createClient(cli.target().connection),
    print: (text) => void io.stdout.write(text),
    note,
  };
  return cli;
}

/** Says that a thing is gone: a sentence on stderr, and data for those who asked for data. */
export function printRemoved(cli: Cli, kind: string, name: string, warnings: readonly Problem[] = []): void {
  cli.note(`Removed ${kind} ${name}.`);
  if (cli.format !== 'table')
    cli.print(data(cli.format, { removed: `${kind}/${name}`, ...(warnings.length > 0 && { warnings }) }));
}

export const isInteractive = ({ io }: Cli): boolean => io.stdin.isTTY === true && io.stderr.isTTY === true;

/** `blanket console …` */
import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { examples, nameArgument } from '../command.ts';
import { runConsole } from '../console-session.ts';
import { withRawTerminal } from '../raw-terminal.ts';

export function addConsoleCommand(program: Command, cli: Cli): void {
  const command = program
    .command('console')
    .description("a guest's serial console; Ctrl-] ends it")
    .addArgument(nameArgument('guest', 'name of the guest'))
    .action((guest: string) => attach(cli, guest));
  examples(
    command,
    'blanket console web1',
    'echo uptime | blanket console web1     # ends 2 s after the last answer',
    'blanket console web1 < /dev/null       # only listens',
  );
}

async function attach(cli: Cli, guest: string): Promise<void> {
  const client = await cli.client();
  const { stdin, stdout } = cli.io;
  const beginning = stdin.isTTY === true ? '\r\n' : ''; // the cursor may stand anywhere in the guest's line
  try {
    await withRawTerminal(stdin, () =>
      runConsole({
        ...{ client, guest, input: stdin },
        output: (bytes) => void stdout.write(bytes),
        note: (line) => cli.note(`${beginning}${line}`),
      }),
    );
  } finally {
    if (stdin.isTTY === true) cli.note('');
    stdin.destroy(); // or the process would wait for more to be typed
  }
}

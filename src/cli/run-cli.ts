/** One run of the CLI: argv in, exit code out. Every error ends here. */
import { type Command, CommanderError } from 'commander';
import { createCli, type Io } from './cli.ts';
import { formatIn } from './print/format.ts';
import { buildProgram } from './program.ts';
import { reportError, UsageError } from './report.ts';

export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  const format = formatIn(argv);
  try {
    const cli = createCli(io, format);
    const program = buildProgram(cli);
    throwUsageErrors(program);
    if (argv.length === 0) {
      program.outputHelp();
      return 0;
    }
    await program.parseAsync([...argv], { from: 'user' });
    return cli.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return 0; // help or version was printed
    return reportError(error, io, format);
  }
}

/** commander would print and exit; each command throws what it could not understand instead. */
function throwUsageErrors(command: Command): void {
  command.exitOverride((error) => {
    if (error.exitCode === 0) throw error;
    if (error.code === 'commander.help') {
      const missing = new CommanderError(1, 'commander.missingCommand', 'error: Say which command you mean.');
      throw new UsageError(missing, command);
    }
    throw new UsageError(error, command);
  });
  for (const inner of command.commands) throwUsageErrors(inner);
}

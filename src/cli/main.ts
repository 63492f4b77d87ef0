/** The process behind `bin/blanket`. */
import { runCli } from './run-cli.ts';

// A reader that has seen enough (`| head`) ends the CLI as it ends any program: silently, 128 + SIGPIPE.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(141);
});

process.exitCode = await runCli(process.argv.slice(2), process);

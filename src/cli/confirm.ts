/** Asking before something is destroyed. Only a terminal is asked; a script says `--yes`. */
import { createInterface } from 'node:readline/promises';
import { BlanketError } from '../wire/errors.ts';
import { type Cli, isInteractive } from './cli.ts';

/** @throws BlanketError `usage.confirmation-needed` (exit 2) or `client.declined` (exit 130). */
export async function confirm(cli: Cli, question: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!isInteractive(cli)) {
    throw new BlanketError('usage.confirmation-needed', `${question} There is no terminal to ask on.`, {
      kind: 'usage',
      next: 'Say --yes when you mean it.',
    });
  }
  const prompt = createInterface({ input: cli.io.stdin, output: cli.io.stderr });
  try {
    const answer = await prompt.question(`${question} Go on? [y/N] `);
    if (/^y(es)?$/i.test(answer.trim())) return;
  } catch {
    cli.note(''); // Ctrl-C or Ctrl-D at the question is a no
  } finally {
    prompt.close();
  }
  throw new BlanketError('client.declined', 'Nothing was done.', { kind: 'cancelled' });
}

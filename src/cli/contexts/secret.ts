/** A token as it comes in: from a file, the environment, a prompt that does not show it, or standard input. Never from argv. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { BlanketError } from '../../wire/errors.ts';
import { type Cli, isInteractive } from '../cli.ts';
import { checkToken } from './target.ts';

/** More than any token. */
const mostBytes = 4096;

/**
 * @param file `-`: standard input
 * @throws BlanketError `connection.bad-token`, `context.no-token-file`, `client.declined`
 */
export async function readToken(cli: Cli, file: string | undefined): Promise<string> {
  if (file !== undefined && file !== '-') return checkToken(contents(file).trim());
  const given = cli.io.env.BLANKET_TOKEN;
  if (file === undefined && given) return checkToken(given.trim());
  if (file === undefined && isInteractive(cli)) return checkToken((await prompted(cli)).trim());
  return checkToken((await piped(cli)).trim());
}

function contents(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new BlanketError('context.no-token-file', `${file} cannot be read.`, {
      kind: 'usage',
      next: 'Name the file that holds the token, or leave --token-file out to be asked for it.',
      cause,
    });
  }
}

async function prompted(cli: Cli): Promise<string> {
  cli.io.stderr.write('Token (it is not shown): ');
  const nowhere = new Writable({ write: (_piece, _encoding, done) => done() });
  const prompt = createInterface({ input: cli.io.stdin, output: nowhere, terminal: true });
  const stop = new AbortController();
  prompt.on('SIGINT', () => stop.abort());
  try {
    return await prompt.question('', { signal: stop.signal });
  } catch (cause) {
    throw new BlanketError('client.declined', 'Nothing was done.', { kind: 'cancelled', cause });
  } finally {
    prompt.close();
    cli.note('');
  }
}

async function piped(cli: Cli): Promise<string> {
  let text = '';
  for await (const piece of cli.io.stdin as AsyncIterable<Buffer>) {
    text += piece.toString('utf8');
    if (text.length > mostBytes) break;
  }
  return text;
}

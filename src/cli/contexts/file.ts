/**
 * Controls that a person has named: `contexts.json` in the configuration directory, for its owner alone since it
 * holds tokens. What a certificate file held is kept in it, so that the file may go.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { BlanketError } from '../../wire/errors.ts';
import { nameSchema } from '../../wire/names.ts';

/** The control of this machine and user: always there, and never in the file. */
export const local = 'local';

export const contextSchema = z.object({
  /** As `parseAddress` reads it. */
  host: z.string(),
  /** `sha256:` and hex digits, or certificates in PEM; neither: this machine's authorities are trusted. */
  certificate: z.string().optional(),
  /** Where it is left out, BLANKET_TOKEN is taken. */
  token: z.string().optional(),
});
export type Context = z.infer<typeof contextSchema>;

const contextsSchema = z.object({
  version: z.literal(1),
  current: nameSchema.default(local),
  contexts: z.record(nameSchema, contextSchema),
});
export type Contexts = z.infer<typeof contextsSchema>;

/** `$XDG_CONFIG_HOME/blanket/contexts.json`; a path that is not absolute counts for nothing (XDG base directories). */
export function contextsFile(env: NodeJS.ProcessEnv): string {
  const given = env.XDG_CONFIG_HOME ?? '';
  return join(isAbsolute(given) ? given : join(homedir(), '.config'), 'blanket', 'contexts.json');
}

/** @throws BlanketError `context.unreadable`, `context.too-open` */
export function readContexts(file: string): Contexts {
  const text = contents(file);
  if (text === undefined) return { version: 1, current: local, contexts: {} };
  const parsed = contextsSchema.safeParse(parse(file, text));
  if (parsed.success) return parsed.data;
  throw unreadable(file, parsed.error);
}

function contents(file: string): string | undefined {
  try {
    const { mode } = statSync(file);
    if ((mode & 0o077) !== 0) throw tooOpen(file);
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if (cause instanceof BlanketError) throw cause;
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw unreadable(file, cause);
  }
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

const unreadable = (file: string, cause: unknown): BlanketError =>
  new BlanketError('context.unreadable', `${file} cannot be read.`, {
    kind: 'usage',
    next: 'Mend it, or move it away and name your controls again: `blanket context add`.',
    data: { file },
    cause,
  });

const tooOpen = (file: string): BlanketError =>
  new BlanketError('context.too-open', `Others can read ${file}, which holds tokens.`, {
    kind: 'not-allowed',
    next: `\`chmod 600 ${file}\`; have tokens that others may have seen revoked.`,
    data: { file },
  });

/** Whole or not at all. @throws what the system says of the directory */
export function writeContexts(file: string, contexts: Contexts): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const beside = `${file}.${process.pid}`;
  rmSync(beside, { force: true });
  writeFileSync(beside, `${JSON.stringify(contexts, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(beside, file);
}

/** @throws BlanketError `context.not-found` */
export function contextNamed({ contexts }: Contexts, name: string): Context {
  const found = contexts[name];
  if (found !== undefined) return found;
  throw new BlanketError('context.not-found', `There is no context named ${name}.`, {
    kind: 'not-found',
    next: 'See `blanket context list`.',
    data: { context: name },
  });
}

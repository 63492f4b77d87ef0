/** Small additions to commander that every noun uses. */
import { Argument, type Command } from 'commander';
import { parseName } from './parse/words.ts';

/** An argument that must be a legal name. */
export const nameArgument = (name: string, description: string): Argument =>
  new Argument(`<${name}>`, description).argParser(parseName);

/** Lines shown at the end of `--help`. */
export const examples = (command: Command, ...lines: string[]): Command =>
  command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`);

/** A copy without the keys whose value is undefined, as an optional field of a request must be. */
export type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };
export const given = <T extends Record<string, unknown>>(fields: T): Given<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>;

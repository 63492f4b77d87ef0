/** Readings that a machine may lack: what is not there is left out, and that is a reading too. */
import type { Exec } from './access.ts';

/** A copy without the keys whose value is undefined. */
export const defined = <T extends object>(object: T): T =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;

/** What a program prints; `undefined` where it is missing or says no. */
export const attempt = (exec: Exec, command: string, args: readonly string[]): Promise<string | undefined> =>
  exec(command, args).catch(() => undefined);

/** The words of a file that lists things, none where it is empty or missing. */
export const words = (text: string | undefined): string[] =>
  (text ?? '').split(/\s+/).filter((word) => word !== '');

/** A value in sysfs that a shim wants: written only when it differs, so that repeating changes nothing. */
import type { Files } from '../access.ts';

/** A choice file reads `none [mq-deadline] kyber`; a plain one reads its value. */
const current = (text: string): string => /\[(\S+)\]/.exec(text)?.[1] ?? text.trim();

export async function readSetting(files: Files, path: string): Promise<string | undefined> {
  const text = await files.text(path);
  return text === undefined ? undefined : current(text);
}

/** @returns what was there before, or `undefined` when the file is not there or already says so. */
export async function writeSetting(files: Files, path: string, value: string): Promise<string | undefined> {
  const before = await readSetting(files, path);
  if (before === undefined || before === value) return undefined;
  await files.write(path, value);
  return before;
}

/** A value in sysfs or /proc/sys that a shim wants: written only when it differs, so that repeating changes nothing. */
import type { Files, HostAccess } from '../access.ts';
import { set, setIf } from './report.ts';
import type { Remember, Report } from './shim.ts';

/** A choice file reads `none [mq-deadline] kyber`; a plain one reads its value. */
const current = (text: string): string => /\[(\S+)\]/.exec(text)?.[1] ?? text.trim();

export async function readSetting(files: Files, path: string): Promise<string | undefined> {
  const text = await files.text(path);
  return text === undefined ? undefined : current(text);
}

/** A setting that this machine has not is left alone. @throws when the kernel does not take the value. */
export async function writeSetting(
  { files }: HostAccess,
  remember: Remember,
  path: string,
  value: string,
): Promise<void> {
  const was = await readSetting(files, path);
  if (was === undefined || was === value) return;
  await remember({ [path]: was });
  await files.write(path, value);
}

/** @param same whether what is read back stands for what was written; equal text unless told otherwise. */
export async function verifySetting(
  files: Files,
  path: string,
  value: string,
  same: (now: string) => boolean = (now) => now === value,
): Promise<Report> {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const now = await readSetting(files, path);
  if (now === undefined) return set(`no ${name} to set`);
  return setIf(same(now), same(now) ? `${name}=${now}` : `${name} is ${now}, not ${value}`);
}

/** A file of Blanket's own under /etc, for what must hold before the agent runs at the next boot. */
import type { HostAccess } from '../access.ts';
import type { Before, Remember } from './shim.ts';

export const header = '# Written by Blanket for this cloud; removed with its driver.\n';

/** @returns whether the file had to be changed. */
export async function keepFile(
  { files }: HostAccess,
  remember: Remember,
  path: string,
  lines: readonly string[],
): Promise<boolean> {
  const text = `${header}${lines.join('\n')}\n`;
  const was = await files.text(path);
  if (`${was}\n` === text) return false;
  await remember({ [path]: was ?? '' });
  await files.put(path, text);
  return true;
}

export async function takeBackFiles(before: Before, { files }: HostAccess): Promise<void> {
  for (const [path, text] of Object.entries(before).reverse()) {
    if (!path.startsWith('/etc/')) continue;
    if (text === '') await files.remove(path);
    else await files.put(path, `${text}\n`);
  }
}

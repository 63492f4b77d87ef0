/** A program named ssh that writes its arguments, one a line, and ends as a test says. */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

export async function fakeSsh(directory: string, exitCode = 0) {
  const bin = join(directory, 'bin');
  const said = join(bin, 'arguments');
  await mkdir(bin);
  await writeFile(join(bin, 'ssh'), `#!/bin/sh\nprintf '%s\\n' "$@" > '${said}'\nexit ${exitCode}\n`);
  await chmod(join(bin, 'ssh'), 0o755);
  return {
    env: { PATH: `${bin}${delimiter}${process.env.PATH}` },
    /** What it was last started with. */
    arguments: async (): Promise<string[]> => (await readFile(said, 'utf8')).split('\n').slice(0, -1),
  };
}

/** What `ip -j` and `bridge -j` print: a list of objects. Where one has nothing to show iproute2 leaves an empty one. */
import { z } from 'zod';
import { BlanketError } from '../wire/errors.ts';
import { exec } from './host-access.ts';

const objects = z
  .array(z.record(z.string(), z.unknown()))
  .transform((all): unknown => all.filter((one) => Object.keys(one).length > 0));

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // no list either
  }
};

/** @throws BlanketError `host.unreadable` */
export function parseObjects<S extends z.ZodType>(program: string, text: string, schema: S): z.output<S>[] {
  const read = objects.pipe(z.array(schema)).safeParse(jsonOf(text));
  if (read.success) return read.data;
  throw new BlanketError(
    'host.unreadable',
    `What \`${program}\` says is not understood: ${z.prettifyError(read.error)}`,
    { next: 'See that iproute2 on this host is 6.1 or newer: `ip -V`.' },
  );
}

/** @throws CommandError of the program; BlanketError `host.unreadable` */
export const listed = async <S extends z.ZodType>(
  program: 'ip' | 'bridge',
  args: readonly string[],
  schema: S,
): Promise<z.output<S>[]> => parseObjects(program, await exec(program, [...args]), schema);

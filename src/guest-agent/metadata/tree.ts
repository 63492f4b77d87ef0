/** Values under names, as EC2's metadata service shows them: asked for a folder, it lists what is in it, one a line. */

/** Only what was put in is found, so a path leads nowhere else. `lines` is what it answers itself. */
export type Folder = { entries: ReadonlyMap<string, Folder | string>; lines: string };

/**
 * A folder's name is listed with a slash at its end, and the last line has no end (as EC2 answers; clients split at line
 * ends). Entries without a value are left out.
 *
 * @param lines where the listing is not that of the names.
 */
export function folder(
  values: Readonly<Record<string, Folder | string | undefined>>,
  lines?: readonly string[],
): Folder {
  const entries = new Map<string, Folder | string>();
  for (const [name, value] of Object.entries(values)) if (value !== undefined) entries.set(name, value);
  const names = [...entries].map(([name, value]) => (typeof value === 'string' ? name : `${name}/`));
  return { entries, lines: (lines ?? names).join('\n') };
}

/**
 * @param path names, the last of which may be empty: that is a slash at the end, which a folder may have and a value not.
 * @returns `undefined` when there is nothing at that path.
 */
export function lookUp({ entries, lines }: Folder, path: readonly string[]): string | undefined {
  const [name, ...rest] = path;
  if (name === undefined || (name === '' && rest.length === 0)) return lines;
  const value = entries.get(name);
  if (value === undefined) return undefined;
  if (typeof value !== 'string') return lookUp(value, rest);
  return rest.length === 0 ? value : undefined;
}

/** Metadata as folders of texts, which AWS and OpenStack's likeness of it list line by line. */
export type Tree = { readonly [name: string]: string | Tree | undefined };

/** What lies at a path, with or without a slash at its end; `undefined` when nothing does. */
export function find(tree: Tree, path: string): string | Tree | undefined {
  const names = path.split('/').filter((name) => name !== '');
  let at: string | Tree | undefined = tree;
  for (const name of names) {
    at = typeof at === 'object' && Object.hasOwn(at, name) ? at[name] : undefined;
  }
  return typeof at === 'string' && path.endsWith('/') ? undefined : at;
}

/** One name a line, folders with a slash, and no newline after the last. */
export const list = (tree: Tree): string =>
  Object.entries(tree)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => (typeof value === 'string' ? name : `${name}/`))
    .join('\n');

/**
 * What nftables lists, as text by object, e.g. `set cards`. Two listings of one table are equal, however its elements
 * are ordered, and whatever traffic has put into its dynamic sets.
 */
import { type NftFamily, tableName } from './nft-text.ts';

export type NftListing = ReadonlyMap<string, string>;

/** nft ends an object with a brace after one tab; all within stands behind two. */
const object = /^\t((?:chain|set|map) \S+) \{\n([\s\S]*?)^\t\}$/gm;
const elements = /^\t\telements = \{([^}]*)\}\n/m;

function settled(body: string): string {
  if (/^\t\tflags .*dynamic/m.test(body)) return body.replace(elements, '');
  return body.replace(
    elements,
    (_, list: string) =>
      `${list
        .split(',')
        .map((element) => element.trim())
        .sort()
        .join('\n')}\n`,
  );
}

/** @param text of `nft -s list table`. */
export const parseListing = (text: string): NftListing =>
  new Map([...text.matchAll(object)].map(([, name = '', body = '']) => [name, settled(body)] as const));

/** @param after `undefined`: there is no such table. @returns full sentences without a point, for people. */
export function listingDifferences(
  family: NftFamily,
  before: NftListing | undefined,
  after: NftListing | undefined,
): string[] {
  const table = `table ${family} ${tableName}`;
  if (before === undefined || after === undefined) {
    if (before === after) return [];
    return [`${table} ${after === undefined ? 'was removed' : 'was added'}`];
  }
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => {
      if (!after.has(name)) return `${name} of ${table} was removed`;
      return `${name} of ${table} was ${before.has(name) ? 'changed' : 'added'}`;
    });
}

/** Tables of nftables as data, and their text as `nft -f` reads it (nft(8)). */

/** `kept`: its elements come from traffic and outlive a re-made table; others hold exactly `elements`. */
export type NftSet = {
  kind: 'set' | 'map';
  name: string;
  /** `type …` or `typeof …`, and what else the declaration has. */
  spec: string;
  elements: readonly string[];
  kept?: true;
};

/** A chain with a hook sees packets by itself; others are jumped to. */
export type NftChain = { name: string; hook?: string; rules: readonly string[] };

/** What one concern adds to a table. */
export type NftPart = { sets: readonly NftSet[]; chains: readonly NftChain[] };

export type NftFamily = 'bridge' | 'inet';
export type NftTable = NftPart & { family: NftFamily };

export const tableName = 'blanket';

/** Elements named twice are one. */
export const nftSet = (name: string, spec: string, elements: readonly string[]): NftSet => ({
  kind: 'set',
  name,
  spec,
  elements: [...new Set(elements)],
});

/** Of elements with one key the first is taken: nftables refuses a map that is of two minds. */
export function nftMap(name: string, spec: string, entries: readonly (readonly [string, string])[]): NftSet {
  const first = new Map([...entries].reverse());
  return { kind: 'map', name, spec, elements: [...first].map(([key, value]) => `${key} : ${value}`) };
}

export const joinParts = (family: NftFamily, parts: readonly NftPart[]): NftTable => ({
  family,
  sets: parts.flatMap(({ sets }) => sets),
  chains: parts.flatMap(({ chains }) => chains),
});

const setText = ({ kind, name, spec, elements }: NftSet): string =>
  [
    `  ${kind} ${name} {`,
    `    ${spec}`,
    ...(elements.length === 0 ? [] : [`    elements = { ${elements.join(', ')} }`]),
    '  }',
  ].join('\n');

const chainText = ({ name, hook, rules }: NftChain): string =>
  [
    `  chain ${name} {`,
    ...(hook === undefined ? [] : [`    type ${hook}; policy accept;`]),
    ...rules.map((rule) => `    ${rule}`),
    '  }',
  ].join('\n');

export const tableText = ({ family, sets, chains }: NftTable): string =>
  [`table ${family} ${tableName} {`, ...sets.map(setText), ...chains.map(chainText), '}'].join('\n');

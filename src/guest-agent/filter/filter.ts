/**
 * The filter of guest networks in this host's nftables: `table bridge blanket` for what guests send each other,
 * `table inet blanket` for what is routed. It is made whole each time, in one transaction, so there is no moment without it:
 *
 *   flush all rules -- delete sets, maps, and chains that are no more -- the new tables
 *
 * Sets that traffic fills stay, so open exchanges go on.
 */
import { CommandError, run } from '../../process/run.ts';
import type { NetworkConfig } from '../../wire/methods/network.ts';
import { filterTables } from './filter-tables.ts';
import { listingDifferences, type NftListing, parseListing } from './nft-listing.ts';
import { type NftFamily, type NftTable, tableName, tableText } from './nft-text.ts';
import type { Protocol } from './routes.ts';

const families: readonly NftFamily[] = ['bridge', 'inet'];
const timeoutMs = 60_000;

/** Runs `nft` with these arguments and this input. @throws CommandError */
export type Nft = (args: readonly string[], input?: string) => Promise<string>;

type Listings = Map<NftFamily, NftListing>;

export const nftHere: Nft = async (args, input = '') => (await run('nft', args, { input, timeoutMs })).stdout;

async function listings(nft: Nft): Promise<Listings> {
  const tables = (await nft(['list', 'tables'])).split('\n');
  const there = families.filter((family) => tables.includes(`table ${family} ${tableName}`));
  const listing = async (family: NftFamily) =>
    [family, parseListing(await nft(['-s', 'list', 'table', family, tableName]))] as const;
  return new Map(await Promise.all(there.map(listing)));
}

/** Takes away what of a table is not to stay. Rules go first: what they use cannot be deleted. */
function clearing({ family, sets, chains }: NftTable, now: NftListing | undefined): string[] {
  const stays = new Set([
    ...sets.filter(({ kept }) => kept).map(({ kind, name }) => `${kind} ${name}`),
    ...chains.map(({ name }) => `chain ${name}`),
  ]);
  const gone = [...(now?.keys() ?? [])].filter((object) => !stays.has(object));
  const inOrder = [
    ...gone.filter((object) => !object.startsWith('chain ')),
    ...gone.filter((object) => object.startsWith('chain ')),
  ];
  return [
    `add table ${family} ${tableName}`,
    `flush table ${family} ${tableName}`,
    ...inOrder
      .map((object) => object.replace(' ', ` ${family} ${tableName} `))
      .map((object) => `delete ${object}`),
  ];
}

const deletion = (family: NftFamily): string[] => [
  `add table ${family} ${tableName}`, // or there may be nothing to delete
  `delete table ${family} ${tableName}`,
];

const inPlace = (tables: readonly NftTable[], now: Listings): string[] => [
  ...[...now.keys()].filter((there) => !tables.some(({ family }) => family === there)).flatMap(deletion),
  ...tables.flatMap((table) => [...clearing(table, now.get(table.family)), tableText(table)]),
];

const anew = (tables: readonly NftTable[]): string[] => [
  ...families.flatMap(deletion),
  ...tables.map(tableText),
];

/** Objects in our tables that are not ours: somebody added them since the listing that was cleared away by. */
const hasStrays = (tables: readonly NftTable[], now: Listings): boolean =>
  [...now].some(([family, listing]) => {
    const table = tables.find((one) => one.family === family);
    const ours = new Set([
      ...(table?.sets ?? []).map(({ kind, name }) => `${kind} ${name}`),
      ...(table?.chains ?? []).map(({ name }) => `chain ${name}`),
    ]);
    return [...listing.keys()].some((object) => !ours.has(object));
  });

/** @param nft reaches the nftables in question. */
export function filterIn(nft: Nft) {
  let applied: Listings | undefined;
  const load = (lines: readonly string[]) => nft(['-f', '-'], `${lines.join('\n')}\n`);

  return {
    /** Sets the whole filter; without networks what a tunnel needs. @throws CommandError of nft; then nothing was changed. */
    async apply(configs: readonly NetworkConfig[], closed: readonly Protocol[] = []): Promise<void> {
      const tables = filterTables(configs, closed);
      const over = async (now: Listings): Promise<Listings> => {
        await load(inPlace(tables, now)).catch((error: unknown) => {
          if (!(error instanceof CommandError)) throw error;
          // Someone's own rules, or an older agent's, may stand in the way of those in place, but not of new tables.
          return load(anew(tables));
        });
        return listings(nft);
      };
      // What was there after the last time mostly is there still: on an emulated host each listing is half a second.
      const after = await over(applied ?? (await listings(nft)));
      applied = hasStrays(tables, after) ? await over(after) : after;
    },

    /** What is not as it was after `apply`, in words; nothing before the first. @throws CommandError of nft. */
    async differs(): Promise<string[]> {
      if (applied === undefined) return [];
      const before = applied;
      const now = await listings(nft);
      return families.flatMap((family) => listingDifferences(family, before.get(family), now.get(family)));
    },
  };
}

const here = filterIn(nftHere);

/**
 * Sets this host's whole filter.
 * @param closed what the host did not forward before (`unforwarded`): between its own networks it does not now either. Left out,
 *   it stays as open a router as its settings make it, since a router that was closed would cut off its owner.
 * @throws CommandError of nft; then nothing was changed.
 */
export const applyFilter = (configs: readonly NetworkConfig[], closed?: readonly Protocol[]): Promise<void> =>
  here.apply(configs, closed);

/** Names what someone changed since the last `applyFilter`; empty when all is well. @throws CommandError of nft. */
export const filterDiffers = (): Promise<string[]> => here.differs();

/** A network without its cards: what stays as it is when guests come and go. */
import { isDeepStrictEqual } from 'node:util';
import type { NetworkConfig } from '../../wire/methods/network.ts';
import type { Paths } from '../paths.ts';
import { readFdb } from './forwarding.ts';
import { listParts, readNameServer } from './name-server.ts';
import { entryParts, readEntries } from './reading.ts';
import type { Services } from './services.ts';

export const isSameFrame = (one: NetworkConfig, other: NetworkConfig): boolean =>
  isDeepStrictEqual({ ...one, cards: [] }, { ...other, cards: [] });

const isOfCards = (part: string): boolean =>
  entryParts.some((words) => part.startsWith(words)) || listParts.some((words) => part === words);

/** What was read of a network but for its cards. */
export const withoutCards = (reading: ReadonlyMap<string, string>): Map<string, string> =>
  new Map([...reading].filter(([part]) => !isOfCards(part)));

/** Only what cards are in: forwarding tables, and the name server's lists. */
export async function readCards(
  paths: Paths,
  config: NetworkConfig,
  services: Services,
): Promise<Map<string, string>> {
  const lists = await readNameServer(paths, config, services);
  return new Map([...readEntries(config, await readFdb(config.name)), ...lists]);
}

/** What the metadata service tells of, from this host's files. */
import { specOf } from '../guests.ts';
import { keptNetworks } from '../network/kept.ts';
import type { Paths } from '../paths.ts';
import type { MetadataSources } from './service.ts';

export const keptSources = (paths: Paths): MetadataSources => ({
  networks: () => keptNetworks(paths),
  guestSpec: (name) => specOf({ paths }, name),
});

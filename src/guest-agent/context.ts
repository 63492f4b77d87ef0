/** What handlers work with: this host's files, its engines, and what lives only as long as the agent does. */
import type { EngineName } from '../wire/names.ts';
import type { Engine } from './engines/engine.ts';
import type { MetadataService } from './metadata/service.ts';
import type { Live } from './migrate/live.ts';
import type { Paths } from './paths.ts';

export type Context = {
  paths: Paths;
  /** @throws BlanketError `engine.unsupported` */
  engine(name: EngineName): Engine;
  live: Live;
  /** What guests are told of themselves; to be updated whenever networks or cards here changed. */
  metadata: MetadataService;
  /** This agent's version. */
  version: string;
};

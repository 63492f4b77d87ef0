/** A fleet as files declare it, whole: every thing with the place where it is declared. */
import type { Path } from './places.ts';
import type { CloudFields, GuestFields, HostFields, ImageFields, NetworkFields } from './schema.ts';

export type Declared<T> = {
  fields: T;
  /** Where it stands, or a field of it. */
  at: (path?: Path) => string;
  /** The folder from which paths in it count. */
  folder: string;
};

export type Things = {
  clouds: Map<string, Declared<CloudFields>>;
  images: Map<string, Declared<ImageFields>>;
  networks: Map<string, Declared<NetworkFields>>;
  hosts: Map<string, Declared<HostFields>>;
  guests: Map<string, Declared<GuestFields>>;
};

export const sections = ['clouds', 'images', 'networks', 'hosts', 'guests'] as const;
export type Section = (typeof sections)[number];

export const kindOf = {
  clouds: 'cloud',
  images: 'image',
  networks: 'network',
  hosts: 'host',
  guests: 'guest',
} as const satisfies Record<Section, string>;

export type Fleet = Things & {
  /** `null`: the files name none, and nothing of them is ever pruned. */
  name: string | null;
  /** What some file speaks of, be it of none. */
  spokenOf: Set<Section>;
};

export const emptyFleet = (): Fleet => ({
  name: null,
  spokenOf: new Set(),
  ...{ clouds: new Map(), images: new Map(), networks: new Map(), hosts: new Map(), guests: new Map() },
});

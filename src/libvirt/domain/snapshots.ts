/**
 * Snapshots: a domain's disks, and its memory if it ran, as they were at a moment. An internal one lies within the
 * disks' own qcow2 files; an external one makes the file as it was the base of a new layer, on which the domain goes on.
 */
import type { CallOptions } from '../call.ts';
import { type SnapshotHandle, snapshotCalls } from '../procedures/snapshot.ts';
import type { Session } from '../session.ts';
import type { DomainHandle } from '../wire-structures.ts';

/** `snapshots.create` (virDomainSnapshotCreateFlags). */
export const snapshotFlags = {
  /** Nothing is done to disks: the XML describes what libvirt forgot, or changes what it remembers. */
  redefine: 1 << 0,
  /** With `redefine`: make it the current one. */
  current: 1 << 1,
  /** libvirt does not remember it. */
  noMetadata: 1 << 2,
  /** The domain does not run on. */
  halt: 1 << 3,
  /** Without memory; external unless the XML says otherwise. */
  diskOnly: 1 << 4,
  /** The new layers' files exist. */
  reuseExternal: 1 << 5,
  /** Let the guest's agent freeze its file systems meanwhile; with `diskOnly`. */
  quiesce: 1 << 6,
  /** All disks or none, or an error before anything was done. */
  atomic: 1 << 7,
  /** The guest runs while its memory is saved; external memory only. */
  live: 1 << 8,
  /** Check the XML against libvirt's schema. */
  validate: 1 << 9,
} as const;

/** `snapshots.list`, `Snapshot.children` (virDomainSnapshotListFlags): within a group one filters. */
export const snapshotListFlags = {
  /** `list`: only those without a parent. */
  roots: 1 << 0,
  /** `children`: also theirs. */
  descendants: 1 << 0,
  metadata: 1 << 1,
  leaves: 1 << 2,
  noLeaves: 1 << 3,
  noMetadata: 1 << 4,
  /** Taken while the domain did not run … */
  inactive: 1 << 5,
  /** … ran, with memory … */
  active: 1 << 6,
  /** … ran, without memory. */
  diskOnly: 1 << 7,
  internal: 1 << 8,
  external: 1 << 9,
  /** Parents first. */
  topological: 1 << 10,
} as const;

/** `Snapshot.revert` (virDomainSnapshotRevertFlags); without one of the first two it runs if it ran then. */
export const snapshotRevertFlags = {
  running: 1 << 0,
  paused: 1 << 1,
  /** Although it is risky. */
  force: 1 << 2,
  resetNvram: 1 << 3,
} as const;

/** `Snapshot.delete` (virDomainSnapshotDeleteFlags). */
export const snapshotDeleteFlags = {
  /** All that came after it, too. */
  children: 1 << 0,
  /** libvirt forgets it; the files stay as they are. */
  metadataOnly: 1 << 1,
  /** Not itself. */
  childrenOnly: 1 << 2,
} as const;

/** VIR_DOMAIN_SNAPSHOT_XML_SECURE. */
export const snapshotXmlFlags = {
  /** With passwords. */
  secure: 1 << 0,
} as const;

export type Snapshot = {
  readonly name: string;
  /** Plain data. */
  readonly handle: SnapshotHandle;
  /** @param flags `snapshotXmlFlags`. */
  xml(flags?: number, options?: CallOptions): Promise<string>;
  /** @throws LibvirtError noDomainSnapshot when it has none. */
  parent(options?: CallOptions): Promise<Snapshot>;
  /** @param flags `snapshotListFlags`; 0 for the direct children. */
  children(flags?: number, options?: CallOptions): Promise<Snapshot[]>;
  /** Whether the domain's state came from this one last. */
  isCurrent(options?: CallOptions): Promise<boolean>;
  /** Whether libvirt keeps data of its own on it, which would hinder undefining the domain. */
  hasMetadata(options?: CallOptions): Promise<boolean>;
  /** Makes the domain what it was. @param flags `snapshotRevertFlags`. @throws LibvirtError snapshotRevertRisky. */
  revert(flags?: number, options?: CallOptions): Promise<void>;
  /** What came after it stays, unless @param flags `snapshotDeleteFlags`. */
  delete(flags?: number, options?: CallOptions): Promise<void>;
};

export type DomainSnapshots = {
  /** @param flags `snapshotFlags`. */
  create(xml: string, flags?: number, options?: CallOptions): Promise<Snapshot>;
  /** @param flags `snapshotListFlags`; 0 for all. */
  list(flags?: number, options?: CallOptions): Promise<Snapshot[]>;
  /** @throws LibvirtError noDomainSnapshot. */
  byName(name: string, options?: CallOptions): Promise<Snapshot>;
  /** @throws LibvirtError noDomainSnapshot when there is none. */
  current(options?: CallOptions): Promise<Snapshot>;
  hasCurrent(options?: CallOptions): Promise<boolean>;
};

function snapshotOf(session: Session, snapshot: SnapshotHandle): Snapshot {
  const on = (flags: number) => ({ snapshot, flags });
  return {
    name: snapshot.name,
    handle: snapshot,
    xml: (flags = 0, options) => session.call(snapshotCalls.domainSnapshotGetXmlDesc, on(flags), options),
    parent: async (options) => {
      const { snapshot: parent } = await session.call(snapshotCalls.domainSnapshotGetParent, on(0), options);
      return snapshotOf(session, parent);
    },
    children: async (flags = 0, options) => {
      const args = { ...on(flags), needResults: true };
      const { snapshots } = await session.call(snapshotCalls.domainSnapshotListAllChildren, args, options);
      return snapshots.map((handle) => snapshotOf(session, handle));
    },
    isCurrent: async (options) =>
      (await session.call(snapshotCalls.domainSnapshotIsCurrent, on(0), options)).result,
    hasMetadata: async (options) =>
      (await session.call(snapshotCalls.domainSnapshotHasMetadata, on(0), options)).result,
    revert: (flags = 0, options) => session.call(snapshotCalls.domainRevertToSnapshot, on(flags), options),
    delete: (flags = 0, options) => session.call(snapshotCalls.domainSnapshotDelete, on(flags), options),
  };
}

export const domainSnapshots = (session: Session, dom: DomainHandle): DomainSnapshots => ({
  create: async (xml, flags = 0, options) => {
    const args = { dom, xml, flags };
    const { snapshot } = await session.call(snapshotCalls.domainSnapshotCreateXml, args, options);
    return snapshotOf(session, snapshot);
  },
  list: async (flags = 0, options) => {
    const args = { dom, needResults: true, flags };
    const { snapshots } = await session.call(snapshotCalls.domainListAllSnapshots, args, options);
    return snapshots.map((handle) => snapshotOf(session, handle));
  },
  byName: async (name, options) => {
    const args = { dom, name, flags: 0 };
    const { snapshot } = await session.call(snapshotCalls.domainSnapshotLookupByName, args, options);
    return snapshotOf(session, snapshot);
  },
  current: async (options) => {
    const args = { dom, flags: 0 };
    const { snapshot } = await session.call(snapshotCalls.domainSnapshotCurrent, args, options);
    return snapshotOf(session, snapshot);
  },
  hasCurrent: async (options) =>
    (await session.call(snapshotCalls.domainHasCurrentSnapshot, { dom, flags: 0 }, options)).result,
});

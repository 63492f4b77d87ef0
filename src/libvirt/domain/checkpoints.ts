/**
 * Checkpoints: moments since which the disks keep a map of what was written (a dirty bitmap in each qcow2 file), so
 * that a backup can hold only that. They keep no data.
 */
import type { CallOptions } from '../call.ts';
import { type CheckpointHandle, checkpointCalls } from '../procedures/checkpoint.ts';
import type { Session } from '../session.ts';
import type { DomainHandle } from '../wire-structures.ts';

/** `checkpoints.create` (virDomainCheckpointCreateFlags). */
export const checkpointFlags = {
  /** Nothing is done to disks: the XML describes what libvirt forgot. */
  redefine: 1 << 0,
  /** Let the guest's agent freeze its file systems meanwhile. QEMU's driver refuses it (libvirt 9). */
  quiesce: 1 << 1,
  /** With `redefine`: check that the disks have the bitmaps (libvirt 6.10). */
  redefineValidate: 1 << 2,
} as const;

/** `Checkpoint.xml` (virDomainCheckpointXMLFlags). */
export const checkpointXmlFlags = {
  /** With passwords. */
  secure: 1 << 0,
  /** Without the domain's definition of then. */
  noDomain: 1 << 1,
  /** With the bytes of each disk that a backup from here would hold; of a running domain. */
  size: 1 << 2,
} as const;

/** `checkpoints.list`, `Checkpoint.children` (virDomainCheckpointListFlags). */
export const checkpointListFlags = {
  /** `list`: only those without a parent. */
  roots: 1 << 0,
  /** `children`: also theirs. */
  descendants: 1 << 0,
  /** Parents first. */
  topological: 1 << 1,
  leaves: 1 << 2,
  noLeaves: 1 << 3,
} as const;

/** `Checkpoint.delete` (virDomainCheckpointDeleteFlags). */
export const checkpointDeleteFlags = {
  /** All that came after it, too. */
  children: 1 << 0,
  /** libvirt forgets it; the bitmaps stay. */
  metadataOnly: 1 << 1,
  /** Not itself. */
  childrenOnly: 1 << 2,
} as const;

export type Checkpoint = {
  readonly name: string;
  /** Plain data. */
  readonly handle: CheckpointHandle;
  /** @param flags `checkpointXmlFlags`. */
  xml(flags?: number, options?: CallOptions): Promise<string>;
  /** @throws LibvirtError noDomainCheckpoint when it has none. */
  parent(options?: CallOptions): Promise<Checkpoint>;
  /** @param flags `checkpointListFlags`; 0 for the direct children. */
  children(flags?: number, options?: CallOptions): Promise<Checkpoint[]>;
  /** Its map becomes part of its parent's. @param flags `checkpointDeleteFlags`. */
  delete(flags?: number, options?: CallOptions): Promise<void>;
};

export type DomainCheckpoints = {
  /** @param flags `checkpointFlags`. */
  create(xml: string, flags?: number, options?: CallOptions): Promise<Checkpoint>;
  /** @param flags `checkpointListFlags`; 0 for all. */
  list(flags?: number, options?: CallOptions): Promise<Checkpoint[]>;
  /** @throws LibvirtError noDomainCheckpoint. */
  byName(name: string, options?: CallOptions): Promise<Checkpoint>;
};

function checkpointOf(session: Session, checkpoint: CheckpointHandle): Checkpoint {
  const on = (flags: number) => ({ checkpoint, flags });
  return {
    name: checkpoint.name,
    handle: checkpoint,
    xml: (flags = 0, options) => session.call(checkpointCalls.domainCheckpointGetXmlDesc, on(flags), options),
    parent: async (options) => {
      const { checkpoint: parent } = await session.call(
        checkpointCalls.domainCheckpointGetParent,
        on(0),
        options,
      );
      return checkpointOf(session, parent);
    },
    children: async (flags = 0, options) => {
      const args = { ...on(flags), needResults: true };
      const { checkpoints } = await session.call(
        checkpointCalls.domainCheckpointListAllChildren,
        args,
        options,
      );
      return checkpoints.map((handle) => checkpointOf(session, handle));
    },
    delete: (flags = 0, options) => session.call(checkpointCalls.domainCheckpointDelete, on(flags), options),
  };
}

export const domainCheckpoints = (session: Session, dom: DomainHandle): DomainCheckpoints => ({
  create: async (xml, flags = 0, options) => {
    const args = { dom, xml, flags };
    const { checkpoint } = await session.call(checkpointCalls.domainCheckpointCreateXml, args, options);
    return checkpointOf(session, checkpoint);
  },
  list: async (flags = 0, options) => {
    const args = { dom, needResults: true, flags };
    const { checkpoints } = await session.call(checkpointCalls.domainListAllCheckpoints, args, options);
    return checkpoints.map((handle) => checkpointOf(session, handle));
  },
  byName: async (name, options) => {
    const args = { dom, name, flags: 0 };
    const { checkpoint } = await session.call(checkpointCalls.domainCheckpointLookupByName, args, options);
    return checkpointOf(session, checkpoint);
  },
});

/** Flags of storage pools and volumes: bits, combined with `|`. From include/libvirt/libvirt-storage.h (libvirt 9.0). */

/** `storage.list` (virConnectListAllStoragePoolsFlags): within a group one filters, all or none let all through. */
export const poolListFlags = {
  inactive: 1 << 0,
  active: 1 << 1,
  persistent: 1 << 2,
  transient: 1 << 3,
  autostart: 1 << 4,
  noAutostart: 1 << 5,
  /** Kinds of pools, from here on. */
  dir: 1 << 6,
  fs: 1 << 7,
  netfs: 1 << 8,
  logical: 1 << 9,
  disk: 1 << 10,
  iscsi: 1 << 11,
  scsi: 1 << 12,
  mpath: 1 << 13,
  rbd: 1 << 14,
  sheepdog: 1 << 15,
  gluster: 1 << 16,
  zfs: 1 << 17,
  vstorage: 1 << 18,
  iscsiDirect: 1 << 19,
} as const;

/** `storage.define` (virStoragePoolDefineFlags). */
export const poolDefineFlags = { validate: 1 << 0 } as const;

/** `storage.create`, `StoragePool.start` (virStoragePoolCreateFlags). */
export const poolStartFlags = {
  /** Build it first, as `build()` does. */
  build: 1 << 0,
  buildOverwrite: 1 << 1,
  buildNoOverwrite: 1 << 2,
} as const;

/** `StoragePool.build` (virStoragePoolBuildFlags). */
export const poolBuildFlags = {
  repair: 1 << 0,
  resize: 1 << 1,
  /** Fail when there is something already. */
  noOverwrite: 1 << 2,
  overwrite: 1 << 3,
} as const;

/** `StoragePool.delete` (virStoragePoolDeleteFlags). */
export const poolDeleteFlags = { zeroed: 1 << 0 } as const;

/** `StoragePool.xml` (virStorageXMLFlags). */
export const poolXmlFlags = {
  /** As it will be at the next start. */
  inactive: 1 << 0,
} as const;

/** `volumes.create`, `volumes.createFrom` (virStorageVolCreateFlags). */
export const volumeCreateFlags = {
  /** Write qcow2's tables at once. */
  preallocMetadata: 1 << 0,
  /** Share blocks with the original (btrfs, XFS). For `createFrom` alone. */
  reflink: 1 << 1,
  /** Check the XML against libvirt's schema (libvirt 8.10). */
  validate: 1 << 2,
} as const;

/** `Volume.delete` (virStorageVolDeleteFlags). */
export const volumeDeleteFlags = {
  zeroed: 1 << 0,
  withSnapshots: 1 << 1,
} as const;

/** `Volume.resize` (virStorageVolResizeFlags). */
export const volumeResizeFlags = {
  /** Allocate what is added. */
  allocate: 1 << 0,
  /** The number is a difference. */
  delta: 1 << 1,
  /** Allow it to get smaller. */
  shrink: 1 << 2,
} as const;

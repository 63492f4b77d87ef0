/**
 * libvirt's flags and features. Flags are bits: combine them with `|`. From include/libvirt/libvirt-domain.h (libvirt
 * 9.0) unless a line says otherwise.
 */

/** `Domain.start`, `domains.create` (virDomainCreateFlags). */
export const startFlags = {
  /** Made, its CPUs not yet running. */
  paused: 1 << 0,
  /** Destroyed by libvirt when this connection closes. */
  autodestroy: 1 << 1,
  bypassCache: 1 << 2,
  /** Forget a saved state and boot. */
  forceBoot: 1 << 3,
  /** Check the XML against libvirt's schema. */
  validate: 1 << 4,
  resetNvram: 1 << 5,
} as const;

/** `domains.define` (virDomainDefineFlags). */
export const defineFlags = { validate: 1 << 0 } as const;

/** `Domain.destroy` (virDomainDestroyFlagsValues). */
export const destroyFlags = {
  /** Only SIGTERM; fails with operationFailed when the process lives on after about 10 s. */
  graceful: 1 << 0,
  removeLogs: 1 << 1,
} as const;

/** `Domain.shutdown` (virDomainShutdownFlagValues); 0 lets the driver choose. */
export const shutdownFlags = {
  acpiPowerButton: 1 << 0,
  guestAgent: 1 << 1,
  initctl: 1 << 2,
  signal: 1 << 3,
  paravirt: 1 << 4,
} as const;

/** `Domain.undefine` (virDomainUndefineFlagsValues). A domain with NVRAM needs `nvram` or `keepNvram`. */
export const undefineFlags = {
  managedSave: 1 << 0,
  snapshotsMetadata: 1 << 1,
  nvram: 1 << 2,
  keepNvram: 1 << 3,
  checkpointsMetadata: 1 << 4,
  tpm: 1 << 5,
  keepTpm: 1 << 6,
} as const;

/** `Domain.xml` (virDomainXMLFlags). */
export const xmlFlags = {
  /** With passwords. */
  secure: 1 << 0,
  /** As it will be at the next start. */
  inactive: 1 << 1,
  updateCpu: 1 << 2,
  /** As another host's libvirt takes it. */
  migratable: 1 << 3,
} as const;

/** `domains.list` (virConnectListAllDomainsFlags): within a pair one filters, both or neither let all through. */
export const listFlags = {
  active: 1 << 0,
  inactive: 1 << 1,
  persistent: 1 << 2,
  transient: 1 << 3,
  running: 1 << 4,
  paused: 1 << 5,
  shutoff: 1 << 6,
  otherState: 1 << 7,
} as const;

/** `Domain.openConsole` (virDomainConsoleFlags). */
export const consoleFlags = {
  /** Take it from whoever has it. */
  force: 1 << 0,
  /** Fail unless the driver can tell whether someone has it. */
  safe: 1 << 1,
} as const;

/** `Domain.abortJob` (virDomainAbortJobFlagsValues, libvirt 8.5). */
export const abortJobFlags = {
  /** Interrupt a post-copy migration, which can then only be recovered. */
  postcopy: 1 << 0,
} as const;

/** Migration (virDomainMigrateFlags). */
export const migrateFlags = {
  /** Memory is copied while the guest runs. Without it the guest is paused first. */
  live: 1 << 0,
  /** libvirtd dials libvirtd. Not for a caller who conducts the phases. */
  peer2peer: 1 << 1,
  /** Memory goes through the libvirtds' connection; needs `peer2peer`. */
  tunnelled: 1 << 2,
  /** Define the domain at the destination. */
  persistDest: 1 << 3,
  /** Undefine it at the source. */
  undefineSource: 1 << 4,
  /** Leave it paused at the destination. */
  paused: 1 << 5,
  /** Copy whole disks. They must exist at the destination, with their size. */
  nonSharedDisk: 1 << 6,
  /** Copy the disks' top layer. The overlays must exist at the destination, on the same base. */
  nonSharedInc: 1 << 7,
  /** Keep the source's definition from changing meanwhile. For the source's calls only, see `destinationFlags`. */
  changeProtection: 1 << 8,
  /** Even where libvirt fears for the data (a cache mode that is not safe). */
  unsafe: 1 << 9,
  /** The definition alone, of a domain that does not run. */
  offline: 1 << 10,
  compressed: 1 << 11,
  /** Give up when an I/O error stops the guest meanwhile. */
  abortOnError: 1 << 12,
  /** Slow the guest's CPUs down until its memory can be copied. */
  autoConverge: 1 << 13,
  rdmaPinAll: 1 << 14,
  /** Allow `Domain.startPostCopy`. */
  postcopy: 1 << 15,
  /** QEMU's own TLS for memory and disks. */
  tls: 1 << 16,
  /** Several connections for memory. */
  parallel: 1 << 17,
  /** Disk writes wait for their copy at the destination, so that copying must converge. */
  nonSharedSynchronousWrites: 1 << 18,
  postcopyResume: 1 << 19,
  zerocopy: 1 << 20,
} as const;

/** `supportsFeature` (virDrvFeature in src/libvirt_internal.h). */
export const driverFeatures = {
  migrationV3: 6,
  migrateChangeProtection: 7,
  typedParamString: 9,
  /** Asking also makes the daemon send keepalive messages of its own. */
  programKeepalive: 10,
  xmlMigratable: 11,
  migrationOffline: 12,
  migrationParams: 13,
  remoteEventCallback: 14,
} as const;

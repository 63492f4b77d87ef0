/** The daemon's error numbers (virErrorNumber in libvirt's include/libvirt/virterror.h) that callers may meet. */
export const errorCodes = {
  internalError: 1,
  noMemory: 2,
  /** The driver does not know this call. */
  noSupport: 3,
  noConnect: 5,
  invalidConn: 6,
  invalidDomain: 7,
  invalidArg: 8,
  operationFailed: 9,
  xmlError: 27,
  /** A domain with this name or UUID exists. */
  domainExists: 28,
  operationDenied: 29,
  openFailed: 30,
  xmlDetail: 35,
  /** A network with this name or UUID exists. */
  networkExists: 37,
  systemError: 38,
  rpc: 39,
  noDomain: 42,
  noNetwork: 43,
  invalidMac: 44,
  authFailed: 45,
  noStoragePool: 49,
  noStorageVolume: 50,
  /** Not in this state, e.g. `resume` of a domain that is not paused. */
  operationInvalid: 55,
  /** E.g. asked for the value of a private one. */
  invalidSecret: 65,
  noSecret: 66,
  configUnsupported: 67,
  /** Often: another job holds the domain's lock. */
  operationTimeout: 68,
  /** The domain runs on the destination but could not be defined there. */
  migratePersistFailed: 69,
  hookScriptFailed: 70,
  noDomainSnapshot: 72,
  invalidStream: 73,
  argumentUnsupported: 74,
  /** `Snapshot.revert` would lose or mix states; `snapshotRevertFlags.force` does it all the same. */
  snapshotRevertRisky: 77,
  /** The job was aborted by its owner. */
  operationAborted: 78,
  authCancelled: 79,
  noDomainMetadata: 80,
  migrateUnsafe: 81,
  blockCopyActive: 83,
  operationUnsupported: 84,
  agentUnresponsive: 86,
  resourceBusy: 87,
  accessDenied: 88,
  storageVolumeExists: 90,
  cpuIncompatible: 91,
  xmlInvalidSchema: 92,
  /** What a cancelled `finish` answers when it did what it should. */
  migrateFinishOk: 93,
  authUnavailable: 94,
  deviceMissing: 99,
  noDomainCheckpoint: 103,
  noDomainBackup: 104,
  noHostname: 108,
  checkpointInconsistent: 109,
} as const;

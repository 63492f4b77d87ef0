/** What may be asked and changed at the source while a migration runs, or set before. */
import type { CallOptions } from './call.ts';
import { migrationCalls } from './procedures/migration.ts';
import type { Session } from './session.ts';
import type { DomainHandle } from './wire-structures.ts';

/** `postcopy` means the bandwidth of post-copy, which has a limit of its own. */
export type WhichSpeed = { postcopy?: boolean | undefined };

export type MigrationLimits = {
  /** Milliseconds for which it may stop the guest. */
  maxDowntime(options?: CallOptions): Promise<number>;
  setMaxDowntime(downtime: number, options?: CallOptions): Promise<void>;
  /** MiB/s. */
  maxSpeed(which?: WhichSpeed, options?: CallOptions): Promise<number>;
  setMaxSpeed(bandwidth: number, which?: WhichSpeed, options?: CallOptions): Promise<void>;
  /** Bytes for XBZRLE's cache of pages. */
  compressionCache(options?: CallOptions): Promise<number>;
  setCompressionCache(bytes: number, options?: CallOptions): Promise<void>;
  /** Turns a migration begun with `migrateFlags.postcopy` into a post-copy one. */
  startPostCopy(options?: CallOptions): Promise<void>;
};

/** VIR_DOMAIN_MIGRATE_MAX_SPEED_POSTCOPY. */
const speedFlags = ({ postcopy = false }: WhichSpeed = {}): number => (postcopy ? 1 << 0 : 0);

export const migrationLimits = (session: Session, dom: DomainHandle): MigrationLimits => ({
  maxDowntime: (options) =>
    session.call(migrationCalls.domainMigrateGetMaxDowntime, { dom, flags: 0 }, options),
  setMaxDowntime: (downtime, options) =>
    session.call(migrationCalls.domainMigrateSetMaxDowntime, { dom, downtime, flags: 0 }, options),
  maxSpeed: (which, options) =>
    session.call(migrationCalls.domainMigrateGetMaxSpeed, { dom, flags: speedFlags(which) }, options),
  setMaxSpeed: (bandwidth, which, options) => {
    const args = { dom, bandwidth, flags: speedFlags(which) };
    return session.call(migrationCalls.domainMigrateSetMaxSpeed, args, options);
  },
  compressionCache: (options) =>
    session.call(migrationCalls.domainMigrateGetCompressionCache, { dom, flags: 0 }, options),
  setCompressionCache: (cacheSize, options) =>
    session.call(migrationCalls.domainMigrateSetCompressionCache, { dom, cacheSize, flags: 0 }, options),
  startPostCopy: (options) =>
    session.call(migrationCalls.domainMigrateStartPostCopy, { dom, flags: 0 }, options),
});

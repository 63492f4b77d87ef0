/**
 * A backup of a running domain's disks as they are when it begins, whatever the guest writes meanwhile. In mode `push`
 * libvirt writes it to files, and the event `job-completed` says when all is written. QEMU lets go of the files just
 * after that: a call that waits for the domain's turn, as `blockJobs.info` does, is answered when they are free. In mode
 * `pull` QEMU serves it over NBD, from a scratch file per disk, until the job is ended with `Domain.abortJob`.
 */
import type { CallOptions } from '../call.ts';
import { backupCalls } from '../procedures/backup.ts';
import type { Session } from '../session.ts';
import type { DomainHandle } from '../wire-structures.ts';

/** virDomainBackupBeginFlags. */
export const backupFlags = {
  /** The files that the XML names exist. */
  reuseExternal: 1 << 0,
} as const;

export type BackupStart = {
  /** A checkpoint that begins at the backup's moment, for a later incremental one. */
  checkpointXml?: string | undefined;
  /** `backupFlags`. */
  flags?: number | undefined;
};

/** A domain has one backup at a time. */
export type DomainBackup = {
  /**
   * @param xml `<domainbackup>`; with `<incremental>` only what was written since that checkpoint.
   * @throws LibvirtError checkpointInconsistent when a checkpoint's maps are gone or damaged.
   */
  begin(xml: string, how?: BackupStart, options?: CallOptions): Promise<void>;
  /** The backup under way, with what libvirt chose. @throws LibvirtError noDomainBackup when there is none. */
  xml(options?: CallOptions): Promise<string>;
};

export const domainBackup = (session: Session, dom: DomainHandle): DomainBackup => ({
  begin: (backupXml, { checkpointXml, flags = 0 } = {}, options) =>
    session.call(backupCalls.domainBackupBegin, { dom, backupXml, checkpointXml, flags }, options),
  xml: (options) => session.call(backupCalls.domainBackupGetXmlDesc, { dom, flags: 0 }, options),
});

/** A domain's memory in a file: to end it now and let it go on later, or to look into it. */
import type { CallOptions } from '../call.ts';
import { saveCalls } from '../procedures/save.ts';
import type { Session } from '../session.ts';
import type { DomainHandle } from '../wire-structures.ts';

/** virDomainSaveRestoreFlags. */
export const saveFlags = {
  bypassCache: 1 << 0,
  /** What it shall be after the restore, whatever it was before. */
  running: 1 << 1,
  paused: 1 << 2,
  resetNvram: 1 << 3,
} as const;

/** virDomainCoreDumpFlags. */
export const dumpFlags = {
  crash: 1 << 0,
  live: 1 << 1,
  bypassCache: 1 << 2,
  reset: 1 << 3,
  memoryOnly: 1 << 4,
} as const;

/** virDomainCoreDumpFormat; all but `raw` need `memoryOnly`. */
const dumpFormats = { raw: 0, 'kdump-zlib': 1, 'kdump-lzo': 2, 'kdump-snappy': 3 } as const;

export type SaveOptions = {
  /** `saveFlags`. */
  flags?: number | undefined;
  /** The domain's XML as it shall be after the restore, e.g. with other paths. */
  xml?: string | undefined;
};

export type DomainSaves = {
  /** Writes the memory to a file on the host and ends the domain. `saveImages.restore` brings it back. */
  to(path: string, how?: SaveOptions, options?: CallOptions): Promise<void>;
  /** The same to a file of libvirt's own, from which the next `start` goes on. @param flags `saveFlags`. */
  managed(flags?: number, options?: CallOptions): Promise<void>;
  hasManaged(options?: CallOptions): Promise<boolean>;
  removeManaged(options?: CallOptions): Promise<void>;
  /** The domain's XML in the managed file. @param flags `xmlFlags.secure` or 0. */
  managedXml(flags?: number, options?: CallOptions): Promise<string>;
  defineManagedXml(xml: string, flags?: number, options?: CallOptions): Promise<void>;
  /** Writes the memory to a file on the host, for a debugger. @param flags `dumpFlags`. */
  dump(
    path: string,
    how?: { flags?: number | undefined; format?: keyof typeof dumpFormats | undefined },
    options?: CallOptions,
  ): Promise<void>;
};

export const domainSaves = (session: Session, dom: DomainHandle): DomainSaves => ({
  to: (to, { flags = 0, xml } = {}, options) =>
    session.call(saveCalls.domainSaveFlags, { dom, to, xml, flags }, options),
  managed: (flags = 0, options) => session.call(saveCalls.domainManagedSave, { dom, flags }, options),
  hasManaged: (options) => session.call(saveCalls.domainHasManagedSaveImage, { dom, flags: 0 }, options),
  removeManaged: (options) => session.call(saveCalls.domainManagedSaveRemove, { dom, flags: 0 }, options),
  managedXml: (flags = 0, options) =>
    session.call(saveCalls.domainManagedSaveGetXmlDesc, { dom, flags }, options),
  defineManagedXml: (xml, flags = 0, options) =>
    session.call(saveCalls.domainManagedSaveDefineXml, { dom, xml, flags }, options),
  dump: (to, { flags = 0, format = 'raw' } = {}, options) => {
    const args = { dom, to, format: dumpFormats[format], flags };
    return session.call(saveCalls.domainCoreDumpWithFormat, args, options);
  },
});

/** Files that `DomainSaves.to` wrote, by their path on the host. */
export type SaveImages = {
  /** Starts the domain where it ended. */
  restore(path: string, how?: SaveOptions, options?: CallOptions): Promise<void>;
  /** @param flags `xmlFlags.secure` or 0. */
  xml(path: string, flags?: number, options?: CallOptions): Promise<string>;
  /** Changes the XML that the file carries. @param flags `saveFlags.running`, `saveFlags.paused` or 0. */
  defineXml(path: string, xml: string, flags?: number, options?: CallOptions): Promise<void>;
};

export const saveImages = (session: Session): SaveImages => ({
  restore: (from, { flags = 0, xml } = {}, options) =>
    session.call(saveCalls.domainRestoreFlags, { from, xml, flags }, options),
  xml: (file, flags = 0, options) =>
    session.call(saveCalls.domainSaveImageGetXmlDesc, { file, flags }, options),
  defineXml: (file, xml, flags = 0, options) =>
    session.call(saveCalls.domainSaveImageDefineXml, { file, xml, flags }, options),
});

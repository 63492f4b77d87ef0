/** One volume of a storage pool. Flags are in `flags.ts`. */
import type { Readable, Writable } from 'node:stream';
import type { CallOptions } from '../call.ts';
import { volumeCalls } from '../procedures/storage.ts';
import type { Session } from '../session.ts';
import type { VolumeHandle } from '../wire-structures.ts';
import { download, type Part, upload } from './transfer.ts';

/** virStorageVolType. */
const types = ['file', 'block', 'dir', 'network', 'netdir', 'ploop'] as const;

export type VolumeInfo = {
  type: (typeof types)[number] | 'unknown';
  /** Bytes, as a guest sees it. */
  capacity: number;
  /** Bytes that it takes now; asked with `physical`, the bytes of the file or device (holes counted). */
  allocation: number;
};

/** virStorageVolWipeAlgorithm: all but `zero` and `trim` need the program scrub on the host. */
const algorithms = {
  zero: 0,
  nnsa: 1,
  dod: 2,
  bsi: 3,
  gutmann: 4,
  schneier: 5,
  pfitzner7: 6,
  pfitzner33: 7,
  random: 8,
  trim: 9,
} as const;
export type WipeAlgorithm = keyof typeof algorithms;

/** VIR_STORAGE_VOL_GET_PHYSICAL. */
const physicalFlag = 1 << 0;

export class Volume {
  /** Plain data, for `storage.volume()`. */
  readonly handle: VolumeHandle;
  private readonly session: Session;

  constructor(session: Session, handle: VolumeHandle) {
    this.session = session;
    this.handle = handle;
  }

  get name(): string {
    return this.handle.name;
  }

  /** Unique on the host; for a file, its path. */
  get key(): string {
    return this.handle.key;
  }

  /** Its pool's name; `storage.byVolume(volume.handle)` gives the pool. */
  get pool(): string {
    return this.handle.pool;
  }

  async info({ physical = false }: { physical?: boolean } = {}, options?: CallOptions): Promise<VolumeInfo> {
    const vol = this.handle;
    const { type, ...sizes } = physical
      ? await this.session.call(volumeCalls.storageVolGetInfoFlags, { vol, flags: physicalFlag }, options)
      : await this.session.call(volumeCalls.storageVolGetInfo, { vol }, options);
    return { type: types[type] ?? 'unknown', ...sizes };
  }

  xml(options?: CallOptions): Promise<string> {
    return this.session.call(volumeCalls.storageVolGetXmlDesc, { vol: this.handle, flags: 0 }, options);
  }

  /** Where it is on the host. */
  path(options?: CallOptions): Promise<string> {
    return this.session.call(volumeCalls.storageVolGetPath, { vol: this.handle }, options);
  }

  /** @param flags `volumeDeleteFlags`. */
  delete(flags = 0, options?: CallOptions): Promise<void> {
    return this.session.call(volumeCalls.storageVolDelete, { vol: this.handle, flags }, options);
  }

  /** Overwrites its content, so that it cannot be read any more. */
  wipe(algorithm: WipeAlgorithm = 'zero', options?: CallOptions): Promise<void> {
    const args = { vol: this.handle, algorithm: algorithms[algorithm], flags: 0 };
    return this.session.call(volumeCalls.storageVolWipePattern, args, options);
  }

  /** @param capacity bytes. @param flags `volumeResizeFlags`. */
  resize(capacity: number, flags = 0, options?: CallOptions): Promise<void> {
    return this.session.call(volumeCalls.storageVolResize, { vol: this.handle, capacity, flags }, options);
  }

  /**
   * Overwrites a part of the file or device (of a qcow2 volume: the bytes of the file itself), which grows where it
   * must. The stream finishes once the daemon has said that it has all; what it refuses (more bytes than `length`,
   * a full disk) is the stream's error. It has a connection of its own, which ends with it. With `sparse` blocks of
   * zeros are left out, and a file takes no room for them: only for a volume that has nothing but zeros there and
   * no data behind, since libvirt writes nothing where they are and cuts the file off after them.
   * @param options `signal` goes for the whole stream.
   */
  upload(part?: Part, options?: CallOptions): Promise<Writable> {
    return upload(this.session, this.handle, part, options);
  }

  /**
   * Reads a part of the file or device. The stream ends once the daemon has said that this is all; who reads slowly
   * slows the daemon. It has a connection of its own, which ends with it. With `sparse` the holes of a file are not
   * sent; the reader gets their zeros all the same.
   * @param options `signal` goes for the whole stream.
   */
  download(part?: Part, options?: CallOptions): Promise<Readable> {
    return download(this.session, this.handle, part, options);
  }
}

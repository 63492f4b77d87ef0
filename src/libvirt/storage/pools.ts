/** All storage pools of a connection: find them, or make them known. Flags are in `flags.ts`. */
import type { CallOptions } from '../call.ts';
import type { Procedure } from '../procedure.ts';
import { poolCalls, volumeCalls } from '../procedures/storage.ts';
import type { Session } from '../session.ts';
import type { PoolHandle, VolumeHandle } from '../wire-structures.ts';
import { StoragePool } from './pool.ts';
import { Volume } from './volume.ts';

type GivesPool<A> = Procedure<A, { pool: PoolHandle }>;

export class Storage {
  private readonly session: Session;

  constructor(session: Session) {
    this.session = session;
  }

  /** @param flags `poolListFlags`; 0 for all. */
  async list(flags = 0, options?: CallOptions): Promise<StoragePool[]> {
    const args = { needResults: true, flags };
    const { pools } = await this.session.call(poolCalls.connectListAllStoragePools, args, options);
    return pools.map((handle) => new StoragePool(this.session, handle));
  }

  /** @throws LibvirtError noStoragePool. */
  byName(name: string, options?: CallOptions): Promise<StoragePool> {
    return this.get(poolCalls.storagePoolLookupByName, { name }, options);
  }

  /** @throws LibvirtError noStoragePool. */
  byUuid(uuid: string, options?: CallOptions): Promise<StoragePool> {
    return this.get(poolCalls.storagePoolLookupByUuid, { uuid }, options);
  }

  /** The pool that keeps its volumes in this directory. @throws LibvirtError noStoragePool. */
  byTargetPath(path: string, options?: CallOptions): Promise<StoragePool> {
    return this.get(poolCalls.storagePoolLookupByTargetPath, { path }, options);
  }

  /** The pool that the volume is in. */
  byVolume(vol: VolumeHandle, options?: CallOptions): Promise<StoragePool> {
    const { pool, name, key } = vol;
    return this.get(poolCalls.storagePoolLookupByVolume, { vol: { pool, name, key } }, options);
  }

  /** Makes a definition known, or changes that of the pool with this UUID. @param flags `poolDefineFlags`. */
  define(xml: string, flags = 0, options?: CallOptions): Promise<StoragePool> {
    return this.get(poolCalls.storagePoolDefineXml, { xml, flags }, options);
  }

  /** Starts a pool that is forgotten once it is destroyed. @param flags `poolStartFlags`. */
  create(xml: string, flags = 0, options?: CallOptions): Promise<StoragePool> {
    return this.get(poolCalls.storagePoolCreateXml, { xml, flags }, options);
  }

  /** The object for a pool that is already known by name and UUID. Asks nothing of the daemon. */
  pool(handle: PoolHandle): StoragePool {
    return new StoragePool(this.session, handle);
  }

  /** A volume in whatever pool. @throws LibvirtError noStorageVolume. */
  async volumeByKey(key: string, options?: CallOptions): Promise<Volume> {
    const { vol } = await this.session.call(volumeCalls.storageVolLookupByKey, { key }, options);
    return new Volume(this.session, vol);
  }

  /** A volume in whatever pool that runs. @throws LibvirtError noStorageVolume. */
  async volumeByPath(path: string, options?: CallOptions): Promise<Volume> {
    const { vol } = await this.session.call(volumeCalls.storageVolLookupByPath, { path }, options);
    return new Volume(this.session, vol);
  }

  /** The object for a volume that is already known. Asks nothing of the daemon. */
  volume(handle: VolumeHandle): Volume {
    return new Volume(this.session, handle);
  }

  /** Which kinds of pools and volume formats the daemon knows, as XML (libvirt 5.2). */
  capabilities(options?: CallOptions): Promise<string> {
    return this.session.call(poolCalls.connectGetStoragePoolCapabilities, { flags: 0 }, options);
  }

  /**
   * What could become a pool of this type, as XML (`<sources>`).
   * @param type e.g. `logical`, `netfs`, `iscsi`.
   * @param sourceSpec where to look, as XML (`<source><host name="…"/></source>`), for types that need it.
   */
  findSources(
    { type, sourceSpec }: { type: string; sourceSpec?: string | undefined },
    options?: CallOptions,
  ): Promise<string> {
    const args = { type, sourceSpec, flags: 0 };
    return this.session.call(poolCalls.connectFindStoragePoolSources, args, options);
  }

  private async get<A>(procedure: GivesPool<A>, args: A, options?: CallOptions): Promise<StoragePool> {
    const { pool } = await this.session.call(procedure, args, options);
    return new StoragePool(this.session, pool);
  }
}

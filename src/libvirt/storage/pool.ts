/** One storage pool: a place that volumes are in, such as a directory. Flags are in `flags.ts`. */
import type { CallOptions } from '../call.ts';
import type { Procedure } from '../procedure.ts';
import { poolCalls, volumeCalls } from '../procedures/storage.ts';
import type { Session } from '../session.ts';
import type { PoolHandle, VolumeHandle } from '../wire-structures.ts';
import { Volume } from './volume.ts';

/** virStoragePoolState. */
const states = ['inactive', 'building', 'running', 'degraded', 'inaccessible'] as const;

export type PoolInfo = {
  state: (typeof states)[number] | 'unknown';
  /** Bytes: all, used, free. 0 while the pool does not run. */
  capacity: number;
  allocation: number;
  available: number;
};

export type Volumes = {
  /** All volumes that the pool knew of when it was started, refreshed or last changed through libvirt. */
  list(options?: CallOptions): Promise<Volume[]>;
  /** @throws LibvirtError noStorageVolume. */
  byName(name: string, options?: CallOptions): Promise<Volume>;
  /** @param flags `volumeCreateFlags`. @throws LibvirtError storageVolumeExists. */
  create(xml: string, flags?: number, options?: CallOptions): Promise<Volume>;
  /** A volume with another's content, in the format that the XML wants. The source may be of another pool.
   *  @param flags `volumeCreateFlags`. */
  createFrom(source: VolumeHandle, xml: string, flags?: number, options?: CallOptions): Promise<Volume>;
};

const poolVolumes = (session: Session, pool: PoolHandle): Volumes => ({
  list: async (options) => {
    const args = { pool, needResults: true, flags: 0 };
    const { volumes } = await session.call(poolCalls.storagePoolListAllVolumes, args, options);
    return volumes.map((handle) => new Volume(session, handle));
  },
  byName: async (name, options) => {
    const { vol } = await session.call(volumeCalls.storageVolLookupByName, { pool, name }, options);
    return new Volume(session, vol);
  },
  create: async (xml, flags = 0, options) => {
    const { vol } = await session.call(volumeCalls.storageVolCreateXml, { pool, xml, flags }, options);
    return new Volume(session, vol);
  },
  createFrom: async (source, xml, flags = 0, options) => {
    const args = { pool, xml, source, flags };
    const { vol } = await session.call(volumeCalls.storageVolCreateXmlFrom, args, options);
    return new Volume(session, vol);
  },
});

type OnPool = Procedure<{ pool: PoolHandle }, void>;
type OnPoolFlags = Procedure<{ pool: PoolHandle; flags: number }, void>;

export class StoragePool {
  /** Plain data, for `storage.pool()` and for events. */
  readonly handle: PoolHandle;
  readonly volumes: Volumes;
  private readonly session: Session;

  constructor(session: Session, handle: PoolHandle) {
    this.session = session;
    this.handle = handle;
    this.volumes = poolVolumes(session, handle);
  }

  get name(): string {
    return this.handle.name;
  }

  get uuid(): string {
    return this.handle.uuid;
  }

  /** @param flags `poolStartFlags`. @throws LibvirtError operationInvalid when it runs. */
  start(flags = 0, options?: CallOptions): Promise<void> {
    return this.actFlags(poolCalls.storagePoolCreate, flags, options);
  }

  /** Makes what the pool is in (the directory, the file system). @param flags `poolBuildFlags`. */
  build(flags = 0, options?: CallOptions): Promise<void> {
    return this.actFlags(poolCalls.storagePoolBuild, flags, options);
  }

  /** Stops the pool. What is in it stays; a pool that is not defined is forgotten. */
  destroy(options?: CallOptions): Promise<void> {
    return this.act(poolCalls.storagePoolDestroy, options);
  }

  /** Removes what a stopped pool is in; a directory must be empty. **What was in it is lost.**
   *  @param flags `poolDeleteFlags`. */
  delete(flags = 0, options?: CallOptions): Promise<void> {
    return this.actFlags(poolCalls.storagePoolDelete, flags, options);
  }

  /** Forgets the definition of a stopped pool. */
  undefine(options?: CallOptions): Promise<void> {
    return this.act(poolCalls.storagePoolUndefine, options);
  }

  /** Looks for volumes that came or went without libvirt. */
  refresh(options?: CallOptions): Promise<void> {
    return this.actFlags(poolCalls.storagePoolRefresh, 0, options);
  }

  async info(options?: CallOptions): Promise<PoolInfo> {
    const args = { pool: this.handle };
    const { state, ...sizes } = await this.session.call(poolCalls.storagePoolGetInfo, args, options);
    return { state: states[state] ?? 'unknown', ...sizes };
  }

  /** @param flags `poolXmlFlags`. */
  xml(flags = 0, options?: CallOptions): Promise<string> {
    return this.session.call(poolCalls.storagePoolGetXmlDesc, { pool: this.handle, flags }, options);
  }

  /** Whether it starts with the daemon. */
  autostart(options?: CallOptions): Promise<boolean> {
    return this.session.call(poolCalls.storagePoolGetAutostart, { pool: this.handle }, options);
  }

  setAutostart(autostart: boolean, options?: CallOptions): Promise<void> {
    const args = { pool: this.handle, autostart };
    return this.session.call(poolCalls.storagePoolSetAutostart, args, options);
  }

  isActive(options?: CallOptions): Promise<boolean> {
    return this.session.call(poolCalls.storagePoolIsActive, { pool: this.handle }, options);
  }

  isPersistent(options?: CallOptions): Promise<boolean> {
    return this.session.call(poolCalls.storagePoolIsPersistent, { pool: this.handle }, options);
  }

  private act(procedure: OnPool, options?: CallOptions): Promise<void> {
    return this.session.call(procedure, { pool: this.handle }, options);
  }

  private actFlags(procedure: OnPoolFlags, flags: number, options?: CallOptions): Promise<void> {
    return this.session.call(procedure, { pool: this.handle, flags }, options);
  }
}

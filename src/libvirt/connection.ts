/** One connection to a daemon, with one of its drivers: what concerns the whole host. `connect.ts` makes it. */
import type { CallOptions } from './call.ts';
import { type SaveImages, saveImages } from './domain/saves.ts';
import { Domain } from './domain.ts';
import { Domains } from './domains.ts';
import type { LibvirtConnectionError } from './errors.ts';
import type { EventKind, EventRouter, Events, SubscribeOptions, Subscription } from './events.ts';
import { type Host, host } from './host.ts';
import { type DestinationMigration, destinationMigration } from './migration.ts';
import { Networks } from './network/networks.ts';
import { connectCalls } from './procedures/connect.ts';
import { Secrets } from './secret.ts';
import type { Session } from './session.ts';
import { Storage } from './storage/pools.ts';
import type { DomainHandle } from './wire-structures.ts';

export type Versions = {
  /** `QEMU`, `Xen`, `Test`. */
  driver: string;
  /** The hypervisor's, e.g. `10.0.0`. */
  hypervisor: string;
  /** The daemon's libvirt. */
  library: string;
};

export type NodeInfo = {
  /** The CPU's architecture, e.g. `x86_64`. */
  model: string;
  memoryKiB: number;
  cpus: number;
  mhz: number;
  nodes: number;
  sockets: number;
  cores: number;
  threads: number;
};

/** libvirt writes versions as one number, major * 1,000,000 + minor * 1,000 + release. */
const versionText = (version: number): string =>
  [Math.floor(version / 1_000_000), Math.floor(version / 1_000) % 1_000, version % 1_000].join('.');

export class Connection {
  /** Domains: find them, or make them known. */
  readonly domains: Domains;
  /** Storage pools and the volumes in them. */
  readonly storage: Storage;
  /** Virtual networks. */
  readonly networks: Networks;
  readonly secrets: Secrets;
  /** The host's CPUs and memory. */
  readonly host: Host;
  /** Domains' memory in files. */
  readonly saveImages: SaveImages;
  /** The destination's part of a migration. */
  readonly migration: DestinationMigration;
  /** What happens to domains and other objects. */
  readonly events: {
    on<K extends EventKind>(
      kind: K,
      listener: (event: Events[K]) => void,
      options?: SubscribeOptions<K>,
    ): Promise<Subscription>;
  };
  /** Settles when the connection is gone: with why, or with undefined after `close()`. Never rejects. */
  readonly closed: Promise<LibvirtConnectionError | undefined>;
  private readonly session: Session;

  constructor(session: Session, router: EventRouter, closed: Promise<LibvirtConnectionError | undefined>) {
    this.session = session;
    this.closed = closed;
    this.domains = new Domains(session);
    this.storage = new Storage(session);
    this.networks = new Networks(session);
    this.secrets = new Secrets(session);
    this.host = host(session);
    this.saveImages = saveImages(session);
    this.migration = destinationMigration(session);
    this.events = { on: (kind, listener, options) => router.on(session, kind, listener, options) };
  }

  /** Calls `listener` once, when the connection is gone. */
  onClose(listener: (reason: LibvirtConnectionError | undefined) => void): void {
    void this.closed.then(listener);
  }

  /** Says goodbye, for at most 2 s, and closes. Calls that are under way fail with reason `closed`. */
  close(): Promise<void> {
    return this.session.close();
  }

  /** The object for a domain that is already known by name and UUID. Asks nothing of the daemon. */
  domain(handle: DomainHandle): Domain {
    return new Domain(this.session, handle);
  }

  async versions(options?: CallOptions): Promise<Versions> {
    const [driver, hypervisor, library] = await Promise.all([
      this.session.call(connectCalls.connectGetType, undefined, options),
      this.session.call(connectCalls.connectGetVersion, undefined, options),
      this.session.call(connectCalls.connectGetLibVersion, undefined, options),
    ]);
    return { driver, hypervisor: versionText(hypervisor), library: versionText(library) };
  }

  hostname(options?: CallOptions): Promise<string> {
    return this.session.call(connectCalls.connectGetHostname, undefined, options);
  }

  /** The driver's URI, e.g. `qemu:///system`. */
  uri(options?: CallOptions): Promise<string> {
    return this.session.call(connectCalls.connectGetUri, undefined, options);
  }

  /** What the host and its hypervisors can do, as XML. */
  capabilities(options?: CallOptions): Promise<string> {
    return this.session.call(connectCalls.connectGetCapabilities, undefined, options);
  }

  /** What a domain of this emulator, architecture, machine and type (`kvm`, `qemu`) could have, as XML. */
  domainCapabilities(
    of: { emulator?: string; arch?: string; machine?: string; virtType?: string } = {},
    options?: CallOptions,
  ): Promise<string> {
    const { emulator, arch, machine, virtType } = of;
    const args = { emulator, arch, machine, virtType, flags: 0 };
    return this.session.call(connectCalls.connectGetDomainCapabilities, args, options);
  }

  async nodeInfo(options?: CallOptions): Promise<NodeInfo> {
    const { memory, ...rest } = await this.session.call(connectCalls.nodeGetInfo, undefined, options);
    return { ...rest, memoryKiB: memory };
  }

  /** @param feature one of `driverFeatures`. */
  supportsFeature(feature: number, options?: CallOptions): Promise<boolean> {
    return this.session.call(connectCalls.connectSupportsFeature, { feature }, options);
  }
}

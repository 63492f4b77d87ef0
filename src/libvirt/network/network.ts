/** One virtual network. */
import type { CallOptions } from '../call.ts';
import type { Procedure } from '../procedure.ts';
import { networkCalls } from '../procedures/network.ts';
import type { Session } from '../session.ts';
import type { NetworkHandle } from '../wire-structures.ts';
import { type Lease, networkLeases } from './leases.ts';
import { type NetworkUpdate, updateNetwork } from './update.ts';

/** `Network.xml` (virNetworkXMLFlags). */
export const networkXmlFlags = {
  /** As it will be at the next start. */
  inactive: 1 << 0,
} as const;

type OnNetwork<R> = Procedure<{ net: NetworkHandle }, R>;

export class Network {
  /** Plain data, for `networks.network()` and for events. */
  readonly handle: NetworkHandle;
  private readonly session: Session;

  constructor(session: Session, handle: NetworkHandle) {
    this.session = session;
    this.handle = handle;
  }

  get name(): string {
    return this.handle.name;
  }

  get uuid(): string {
    return this.handle.uuid;
  }

  /** @throws LibvirtError operationInvalid when it runs. */
  start(options?: CallOptions): Promise<void> {
    return this.ask(networkCalls.networkCreate, options);
  }

  /** Stops it. A network that is not defined is forgotten. */
  destroy(options?: CallOptions): Promise<void> {
    return this.ask(networkCalls.networkDestroy, options);
  }

  /** Forgets its definition; a network that runs, runs on until it is destroyed. */
  undefine(options?: CallOptions): Promise<void> {
    return this.ask(networkCalls.networkUndefine, options);
  }

  /** @param flags `networkXmlFlags`. */
  xml(flags = 0, options?: CallOptions): Promise<string> {
    return this.session.call(networkCalls.networkGetXmlDesc, { net: this.handle, flags }, options);
  }

  /** Adds, changes or removes one element, of the running network too. */
  update(change: NetworkUpdate, options?: CallOptions): Promise<void> {
    return updateNetwork(this.session, this.handle, change, options);
  }

  /** Its bridge on the host, e.g. `virbr0`. @throws LibvirtError when it has none. */
  bridgeName(options?: CallOptions): Promise<string> {
    return this.ask(networkCalls.networkGetBridgeName, options);
  }

  /** Leases that have not run out; with `mac` only that interface's. None where libvirt runs no DHCP server. */
  leases({ mac }: { mac?: string | undefined } = {}, options?: CallOptions): Promise<Lease[]> {
    return networkLeases(this.session, this.handle, mac, options);
  }

  /** Whether it starts with the daemon. */
  autostart(options?: CallOptions): Promise<boolean> {
    return this.ask(networkCalls.networkGetAutostart, options);
  }

  setAutostart(autostart: boolean, options?: CallOptions): Promise<void> {
    const args = { net: this.handle, autostart };
    return this.session.call(networkCalls.networkSetAutostart, args, options);
  }

  isActive(options?: CallOptions): Promise<boolean> {
    return this.ask(networkCalls.networkIsActive, options);
  }

  isPersistent(options?: CallOptions): Promise<boolean> {
    return this.ask(networkCalls.networkIsPersistent, options);
  }

  private ask<R>(procedure: OnNetwork<R>, options?: CallOptions): Promise<R> {
    return this.session.call(procedure, { net: this.handle }, options);
  }
}

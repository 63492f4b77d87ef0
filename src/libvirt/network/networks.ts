/** All virtual networks of a connection: find them, or make them known. */
import type { CallOptions } from '../call.ts';
import type { Procedure } from '../procedure.ts';
import { networkCalls } from '../procedures/network.ts';
import type { Session } from '../session.ts';
import type { NetworkHandle } from '../wire-structures.ts';
import { Network } from './network.ts';

/** `networks.list` (virConnectListAllNetworksFlags in include/libvirt/libvirt-network.h): within a pair one filters,
 *  both or neither let all through. */
export const networkListFlags = {
  inactive: 1 << 0,
  active: 1 << 1,
  persistent: 1 << 2,
  transient: 1 << 3,
  autostart: 1 << 4,
  noAutostart: 1 << 5,
} as const;

/** `networks.define` and `networks.create` (virNetworkDefineFlags, virNetworkCreateFlags). */
export const networkDefineFlags = {
  /** Check the XML against libvirt's schema. */
  validate: 1 << 0,
} as const;

type GivesNetwork<A> = Procedure<A, { net: NetworkHandle }>;

export class Networks {
  private readonly session: Session;

  constructor(session: Session) {
    this.session = session;
  }

  /** @param flags `networkListFlags`; 0 for all. */
  async list(flags = 0, options?: CallOptions): Promise<Network[]> {
    const args = { needResults: true, flags };
    const { networks } = await this.session.call(networkCalls.connectListAllNetworks, args, options);
    return networks.map((handle) => new Network(this.session, handle));
  }

  /** @throws LibvirtError noNetwork. */
  byName(name: string, options?: CallOptions): Promise<Network> {
    return this.get(networkCalls.networkLookupByName, { name }, options);
  }

  /** @throws LibvirtError noNetwork. */
  byUuid(uuid: string, options?: CallOptions): Promise<Network> {
    return this.get(networkCalls.networkLookupByUuid, { uuid }, options);
  }

  /** Makes a definition known, or changes that of the network with this UUID (libvirt 7.7).
   *  @param flags `networkDefineFlags`. */
  define(xml: string, flags = 0, options?: CallOptions): Promise<Network> {
    return this.get(networkCalls.networkDefineXmlFlags, { xml, flags }, options);
  }

  /** Starts a network that is forgotten once it is destroyed (libvirt 7.8). @param flags `networkDefineFlags`. */
  create(xml: string, flags = 0, options?: CallOptions): Promise<Network> {
    return this.get(networkCalls.networkCreateXmlFlags, { xml, flags }, options);
  }

  /** The object for a network that is already known by name and UUID. Asks nothing of the daemon. */
  network(handle: NetworkHandle): Network {
    return new Network(this.session, handle);
  }

  private async get<A>(procedure: GivesNetwork<A>, args: A, options?: CallOptions): Promise<Network> {
    const { net } = await this.session.call(procedure, args, options);
    return new Network(this.session, net);
  }
}

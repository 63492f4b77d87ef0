/** Tunnels between hosts and the guest networks in them, as control tells an agent of them. */
import { z } from 'zod';
import { macSchema, nameSchema } from '../names.ts';
import { allowRuleSchema, mtuSchema, portSchema } from '../network.ts';
import { method, none } from './method.ts';

const keySchema = z.string().regex(/^[A-Za-z0-9+/]{43}=$/, 'must be a WireGuard key');

/** An IPv6 address is bracketed. No name: one that cannot be resolved keeps `wg` from taking any of a configuration. */
const endpointSchema = z.string().refine((text) => {
  const [, six, four, port] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
  const address = six === undefined ? z.ipv4().safeParse(four) : z.ipv6().safeParse(six);
  return address.success && portSchema.safeParse(Number(port)).success;
}, 'must be an IP address and a port');

/** `carries`: addresses in the tunnel that are reached through this peer: its own when the way is direct, others' too when it relays. */
export const tunnelPeerSchema = z.object({
  publicKey: keySchema,
  /** `null`: nobody can begin towards it (it is behind a NAT); it begins itself. */
  endpoint: endpointSchema.nullable(),
  address: z.ipv4(),
  carries: z.array(z.ipv4()),
});

/** Seconds and bytes as WireGuard counts them; `endpoint` is where the peer was last heard from. */
export const tunnelPeerStatusSchema = z.object({
  publicKey: keySchema,
  endpoint: z.string().nullable(),
  handshakeSecondsAgo: z.number().nonnegative().nullable(),
  receivedBytes: z.number(),
  sentBytes: z.number(),
});

/** One guest's card on a network. `at` is the tunnel address of the host that it is on. */
export const cardSchema = z.object({
  mac: macSchema,
  name: nameSchema,
  address: z.ipv4(),
  address6: z.ipv6().nullable(),
  at: z.ipv4(),
  /** It is on this host, or about to come: then this host guards it and answers its DHCP. */
  here: z.boolean(),
  /** What may reach it; `null`: everything. Told to its own host only. */
  allow: z.array(allowRuleSchema).nullable(),
});
export type Card = z.infer<typeof cardSchema>;

export const publishSchema = z.object({
  protocol: z.enum(['tcp', 'udp']),
  port: portSchema,
  address: z.ipv4(),
  toPort: portSchema,
});

/**
 * The host through which all of a network's guests reach the world: its end of the tunnel, and its address on the network.
 * `except`: subnets of connected networks, to which each host has a way of its own.
 */
export const egressSchema = z.object({
  at: z.ipv4(),
  address: z.ipv4(),
  except: z.array(z.union([z.cidrv4(), z.cidrv6()])),
});
export type Egress = z.infer<typeof egressSchema>;

export const networkConfigSchema = z.object({
  name: nameSchema,
  vni: z.int().min(1).max(16777215),
  mtu: mtuSchema,
  subnet: z.cidrv4(),
  subnet6: z.cidrv6().nullable(),
  /** The same on every host, so that a guest's gateway goes where it goes. */
  gateway: z.object({ mac: macSchema, address: z.ipv4(), address6: z.ipv6().nullable() }),
  /** This host's own address and prefix on the network, e.g. `10.77.0.254/24`; from here it reaches guests anywhere. */
  hostAddress: z.cidrv4(),
  /** Every host's own address on the network, this one's included. */
  hostAddresses: z.array(z.ipv4()),
  tunnelAddress: z.ipv4(),
  /** Tunnel addresses of all other hosts. */
  peers: z.array(z.ipv4()),
  /** Guests reach the world. */
  outside: z.boolean(),
  /** Through which host; `null`: each guest through its own. Of no meaning without `outside`. */
  egress: egressSchema.nullable().default(null),
  /** Networks whose guests reach this one's, and are reached. */
  connected: z.array(nameSchema),
  cards: z.array(cardSchema),
  /** Ports of this host. */
  publishes: z.array(publishSchema),
});
export type NetworkConfig = z.infer<typeof networkConfigSchema>;

export const networkMethods = {
  /** Makes this host's key pair when it has none; the private key never leaves the host. */
  'tunnel.identity': method(none, z.object({ publicKey: keySchema })),
  /** Makes the key pair that will take the place of the one in use; asked again, it is the same one. */
  'tunnel.next-key': method(none, z.object({ publicKey: keySchema })),
  /**
   * Sets the whole tunnel: peers not named are removed. `address` is this host's own in the tunnel. `key` is the public key of
   * the pair to use, the current one or the next; a next one that is used becomes the current.
   */
  'tunnel.configure': method(
    z.object({
      address: z.ipv4(),
      prefix: z.int().min(8).max(30),
      port: portSchema,
      mtu: mtuSchema,
      key: keySchema.nullable(),
      peers: z.array(tunnelPeerSchema),
    }),
    none,
  ),
  'tunnel.status': method(
    none,
    z.object({ publicKey: keySchema, mtu: mtuSchema.nullable(), peers: z.array(tunnelPeerStatusSchema) }),
  ),
  /**
   * Sets the whole of one guest network on this host. @throws `network.overlap` when this host reaches the subnet otherwise:
   * nothing is set. `network.no-name-server` when DHCP and DNS do not start: guests are guarded and have no addresses yet.
   * `network.port-taken` when published ports are in use here: all but these (`data.taken`) is set.
   */
  'network.apply': method(networkConfigSchema, none),
  /** Frames to these cards go to these hosts from now on; the rest of the network stays as it is. */
  'network.forward': method(
    z.object({ name: nameSchema, moves: z.array(z.object({ mac: macSchema, at: z.ipv4() })) }),
    none,
  ),
  'network.remove': method(z.object({ name: nameSchema }), none),
  /** Compares what control named last with what is there; what was changed by hand is named and set again. */
  'network.repair': method(none, z.object({ repaired: z.array(z.string()) })),
} as const;

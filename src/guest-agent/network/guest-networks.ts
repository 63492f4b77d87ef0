/** What a host does with its guest networks, and what it is done with. */
import type { NetworkConfig } from '../../wire/methods/network.ts';
import type { Protocol } from '../filter/routes.ts';
import type { Services } from './services.ts';

/** What networks are made with beside `ip` and `bridge`. */
export type Parts = {
  filter: {
    /** Guards all these networks, and no others. `closed`: this host is nobody else's router. */
    apply(configs: readonly NetworkConfig[], closed: Protocol[]): Promise<void>;
    /** What was changed by hand since. */
    differs(): Promise<string[]>;
  };
  services: Services;
  loadModules(): Promise<void>;
};

export type Moves = { name: string; moves: readonly { mac: string; at: string }[] };

export type GuestNetworks = {
  /**
   * Sets the whole of one network and remembers it. @throws CommandError, BlanketError `network.overlap`: nothing is set,
   * `network.no-name-server`, `network.port-taken`: all but these ports is set
   */
  apply(config: NetworkConfig): Promise<void>;
  /** Changes where frames to single cards go, at once, and remembers it. @throws BlanketError `network.missing`, `network.unknown-card` */
  forward(moves: Moves): Promise<void>;
  /** @throws BlanketError `network.in-use` while a guest here is on it. */
  remove(name: string): Promise<void>;
  /** Guards what is kept, or without networks the tunnel alone. To be asked for before there is a tunnel: it forwards. */
  guardTunnel(): Promise<void>;
  /** After a reboot: every network as control set it last. One that fails does not keep the others down. */
  restore(): Promise<void>;
  /** What was changed by hand, in words; it is set again. */
  repair(): Promise<{ repaired: string[] }>;
};

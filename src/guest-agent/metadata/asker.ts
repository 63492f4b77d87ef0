/**
 * Who asks: nothing in a request says it, only where it comes from. A guest cannot send from another's address (the
 * bridge drops that), an address is given out once in the fleet, and each network is asked on its own gateway's address.
 */
import type { GuestSpec } from '../../wire/guest-spec.ts';
import type { Card, NetworkConfig } from '../../wire/methods/network.ts';
import { domainOf } from '../network/fixed.ts';

/** One of a guest's cards with the network that it is on, as this host knows both. */
export type Nic = { card: Card; network: NetworkConfig };

/** Its cards are in the order in which it sees them. */
export type Asker = { spec: GuestSpec; nics: readonly Nic[] };

/** The cards of this host's guests by their address. Kept between requests, of which there may be many. */
export const cardsHere = ({ cards }: NetworkConfig): ReadonlyMap<string, Card> =>
  new Map(cards.filter(({ here }) => here).map((card) => [card.address, card]));

/** A card of which no network knows is left out: there is nothing to tell of it. */
export const askerOf = (spec: GuestSpec, networks: readonly NetworkConfig[]): Asker => ({
  spec,
  nics: spec.nics.flatMap(({ mac, network: name }) => {
    const network = networks.find((one) => one.name === name);
    const card = network?.cards.find((one) => one.mac === mac);
    return network === undefined || card === undefined ? [] : [{ card, network }];
  }),
});

/** As a network's name server knows it; a guest's own is that of its first card. */
export const fullNameOf = ({ card, network }: Nic): string => `${card.name}.${domainOf(network.name)}`;
export const hostNameOf = ({ spec, nics: [first] }: Asker): string =>
  first === undefined ? spec.name : fullNameOf(first);

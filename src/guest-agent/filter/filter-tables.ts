/** All that nftables is told for the guest networks of a host, as one pure function of their configurations. */
import type { Card, NetworkConfig } from '../../wire/methods/network.ts';
import { anycast } from './anycast.ts';
import { devices } from './devices.ts';
import { toGuests } from './firewall.ts';
import { hostInput } from './host-input.ts';
import { joinParts, type NftPart, type NftTable } from './nft-text.ts';
import { publish } from './publish.ts';
import { type Protocol, relays, routes } from './routes.ts';
import { fromGuests } from './spoof.ts';
import { tracking } from './tracking.ts';

/** Each card on this host once: a MAC names a tap, and a tap has one set of rules. */
function guestsHere(configs: readonly NetworkConfig[]): { config: NetworkConfig; card: Card }[] {
  const all = configs.flatMap((config) => config.cards.map((card) => ({ config, card })));
  const byMac = new Map(all.filter(({ card }) => card.here).map((guest) => [guest.card.mac, guest] as const));
  return [...byMac.values()];
}

/** Before the bridge's own filters, so that nothing is learnt from a frame that is dropped. */
const priority = 'priority -200';

const frames: NftPart = {
  sets: [],
  chains: [
    {
      name: 'prerouting',
      hook: `filter hook prerouting ${priority}`,
      rules: ['iifname "bt*" goto from_guest', 'iifname @tunnels goto tunnel'],
    },
    {
      name: 'postrouting',
      hook: `filter hook postrouting ${priority}`,
      rules: ['oifname @tunnels goto tunnel', 'oifname "bt*" goto to_guest'],
    },
  ],
};

/** @param closed what this host did not forward before it did so for guests. Without networks it does not do so. */
export function filterTables(
  configs: readonly NetworkConfig[],
  closed: readonly Protocol[] = [],
): NftTable[] {
  if (configs.length === 0) return [joinParts('inet', [relays])];
  const guests = guestsHere(configs);
  const bridged = joinParts('bridge', [
    anycast(configs),
    fromGuests(guests.map(({ card }) => card)),
    toGuests(guests),
    frames,
  ]);
  const routed = joinParts('inet', [
    devices(configs),
    tracking(configs),
    publish(configs),
    routes(configs, closed),
    hostInput(configs),
  ]);
  return [bridged, routed];
}

/** Ways between hosts, and their keys. */
import type { Tunnel } from '../../wire/routes/network.ts';
import { tooWide, tunnelMtu } from '../network/path-mtu.ts';
import type { Statuses, Way } from '../network/relays.ts';
import { rotateKey } from '../network/rotate-key.ts';
import { reviewTunnels, tunnelMembers } from '../network/tunnels.ts';
import type { Services } from '../services.ts';
import type { Handlers } from './handlers.ts';
import { needReady } from './need-ready.ts';
import { hostView } from './views.ts';

export const tunnelHandlers = (services: Services): Handlers<'tunnel.list' | 'host.rotate-key'> => {
  const { store } = services;
  return {
    async 'tunnel.list'() {
      const { ways, statuses, silent } = await reviewTunnels(services);
      const [members, networks] = [tunnelMembers(store), store.networks.list()];
      return {
        mtu: tunnelMtu(members, networks),
        tunnels: [...ways.values()].map((way) => tunnelView(way, statuses)),
        silent,
        warnings: tooWide(members, networks),
      };
    },
    async 'host.rotate-key'({ params: { name } }) {
      needReady(store.hosts.get(name));
      await rotateKey(services, name);
      return hostView(store, store.hosts.get(name));
    },
  };
};

function tunnelView({ hosts, state, via }: Way, statuses: Statuses): Tunnel {
  const [a, b] = hosts;
  const ends = [statuses.get(a)?.get(b), statuses.get(b)?.get(a)].filter((end) => end !== undefined);
  const ages = ends.map(({ handshakeSecondsAgo }) => handshakeSecondsAgo);
  const known = ages.filter((age) => age !== null);
  return {
    ...{ hosts: [a, b], state, via },
    handshakeSecondsAgo: known.length === 0 || known.length < ages.length ? null : Math.max(...known),
    // What arrived at either end: what was sent into a cut way does not count.
    bytes: ends.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0),
  };
}

/** Guest networks. */
import type { RouteParsed } from '../../wire/api.ts';
import { BlanketError } from '../../wire/errors.ts';
import { lowestFree } from '../network/addresses.ts';
import { admitNetwork } from '../network/admit.ts';
import { settleHosts } from '../network/allocation.ts';
import { connect, disconnect } from '../network/connect.ts';
import { addLeftover, forgetLeftover, leftovers } from '../network/leftovers.ts';
import { dropRemoved, syncNetwork } from '../network/sync.ts';
import type { Services } from '../services.ts';
import type { Store } from '../store/store.ts';
import type { Handlers } from './handlers.ts';
import { guestsOn, networkView } from './views.ts';

type Names =
  | 'network.list'
  | 'network.show'
  | 'network.create'
  | 'network.remove'
  | 'network.connect'
  | 'network.disconnect';

const FIRST_VNI = 100;

export const networkHandlers = (services: Services): Handlers<Names> => {
  const { store } = services;
  const view = (name: string) => networkView(store, store.networks.get(name));
  const synced = async (changed: readonly string[]) => {
    for (const name of changed) await syncNetwork(services, name);
  };
  return {
    'network.list': () => store.networks.list().map((network) => networkView(store, network)),
    'network.show': ({ params: { name } }) => view(name),
    async 'network.create'({ body }) {
      store.transaction(() => create(store, body));
      await synced([body.name]);
      return view(body.name);
    },
    async 'network.remove'({ params: { name } }) {
      const parted = store.transaction(() => remove(store, name));
      await dropRemoved(services);
      await synced(parted);
      return {};
    },
    async 'network.connect'({ params: { name, other } }) {
      store.transaction(() => connect(store, name, other));
      await synced([name, other]);
      return view(name);
    },
    async 'network.disconnect'({ params: { name, other } }) {
      store.transaction(() => disconnect(store, name, other));
      await synced([name, other]);
      return view(name);
    },
  };
};

function create(store: Store, body: RouteParsed<'network.create'>['body']): void {
  const networks = store.networks.list();
  const admitted = admitNetwork(body, { networks, hosts: store.hosts.list() });
  const { name, isolated } = body;
  const taken = [...networks, ...leftovers(store)].map(({ vni }) => vni);
  store.networks.insert({
    ...{ ...admitted, isolated, vni: lowestFree(taken, FIRST_VNI), connected: [], hostAddresses: {} },
    createdAt: new Date().toISOString(),
  });
  forgetLeftover(store, name);
  settleHosts(store, name);
}

/** @returns the networks that it was connected with. */
function remove(store: Store, name: string): string[] {
  const network = store.networks.get(name);
  const guests = guestsOn(store, name);
  if (guests > 0) {
    throw new BlanketError('network.in-use', `${guests} guest(s) are on the network ${name}.`, {
      kind: 'conflict',
      next: 'Remove them first: see `blanket guest list`.',
      data: { network: name, guests },
    });
  }
  for (const other of network.connected) disconnect(store, name, other);
  addLeftover(store, network);
  store.networks.remove(name);
  return network.connected;
}

/** Guest networks. */
import { BlanketError } from '../../wire/errors.ts';
import { lowestFree, overlaps, parseSubnet } from '../network/addresses.ts';
import { dropNetwork, syncNetwork } from '../network/sync.ts';
import type { Services } from '../services.ts';
import type { Handlers } from './handlers.ts';
import { guestsOn, networkView } from './views.ts';

type Names = 'network.list' | 'network.create' | 'network.remove';

const FIRST_VNI = 100;

export const networkHandlers = (services: Services): Handlers<Names> => {
  const { store } = services;
  return {
    'network.list': () => store.networks.list().map((network) => networkView(store, network)),
    async 'network.create'({ body: { name, subnet } }) {
      refuseOverlap(services, subnet);
      const taken = store.networks.list().map(({ vni }) => vni);
      const vni = lowestFree(taken, FIRST_VNI);
      store.networks.insert({ name, subnet, vni, createdAt: new Date().toISOString() });
      await syncNetwork(services, name);
      return networkView(store, store.networks.get(name));
    },
    async 'network.remove'({ params: { name } }) {
      store.networks.get(name);
      const guests = guestsOn(store, name);
      if (guests > 0) {
        throw new BlanketError('network.in-use', `${guests} guest(s) are on the network ${name}.`, {
          kind: 'conflict',
          next: 'Remove them first: see `blanket guest list`.',
          data: { network: name, guests },
        });
      }
      await dropNetwork(services, name);
      store.networks.remove(name);
      return {};
    },
  };
};

function refuseOverlap({ store }: Services, subnet: string): void {
  parseSubnet(subnet);
  const other = store.networks.list().find((network) => overlaps(network.subnet, subnet));
  if (other === undefined) return;
  throw new BlanketError(
    'network.overlap',
    `${subnet} overlaps the network ${other.name} (${other.subnet}).`,
    {
      kind: 'conflict',
      next: 'Choose another subnet.',
      data: { subnet, network: other.name },
    },
  );
}

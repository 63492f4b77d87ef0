/** Guest networks. */
import type { RouteParsed } from '../../wire/api.ts';
import { BlanketError, type Problem } from '../../wire/errors.ts';
import type { ChangedNetwork } from '../../wire/routes/network.ts';
import { lowestFree } from '../network/addresses.ts';
import { admitNetwork } from '../network/admit.ts';
import { settleHosts } from '../network/allocation.ts';
import { connect, disconnect } from '../network/connect.ts';
import { checkEgress } from '../network/egress.ts';
import { addLeftover, forgetLeftover, leftovers } from '../network/leftovers.ts';
import { dropRemoved } from '../network/sync.ts';
import { TELL_MS, type Told, tellNetworks, toldOf, warningsOf } from '../network/tell-hosts.ts';
import type { Services } from '../services.ts';
import type { Store } from '../store/store.ts';
import type { Handlers } from './handlers.ts';
import { guestsOn, networkView } from './views.ts';

type Names =
  | 'network.list'
  | 'network.show'
  | 'network.create'
  | 'network.remove'
  | 'network.egress'
  | 'network.connect'
  | 'network.disconnect';

const FIRST_VNI = 100;

export const networkHandlers = (services: Services): Handlers<Names> => {
  const { store } = services;
  const view = (name: string) => networkView(store, store.networks.get(name));
  const shown = (name: string, told: Told, then: string): ChangedNetwork => ({
    ...view(name),
    warnings: warningsOf(told, then),
  });
  return {
    'network.list': () => store.networks.list().map((network) => networkView(store, network)),
    'network.show': ({ params: { name } }) => view(name),
    async 'network.create'({ body }) {
      const { name } = body;
      store.transaction(() => create(services, body));
      return shown(name, await tellNetworks(services, [name]), `${name} is not there yet`);
    },
    'network.remove': ({ params: { name } }) => drop(services, name),
    async 'network.egress'({ params: { name }, body: { host } }) {
      store.transaction(() => {
        checkEgress(services, store.networks.get(name), host);
        store.networks.update(name, { egress: host });
      });
      const told = await tellNetworks(services, [name]);
      return shown(name, told, `guests there may still leave ${name} by another way, or have none`);
    },
    async 'network.connect'({ params: { name, other } }) {
      store.transaction(() => connect(store, name, other));
      const told = await tellNetworks(services, [name, other]);
      return shown(name, told, `${name} and ${other} are not connected there yet`);
    },
    async 'network.disconnect'({ params: { name, other } }) {
      store.transaction(() => disconnect(store, name, other));
      const told = await tellNetworks(services, [name, other]);
      return shown(name, told, `${name} and ${other} may still be connected there`);
    },
  };
};

async function drop(services: Services, name: string): Promise<{ warnings: Problem[] }> {
  const { store } = services;
  const parted = store.transaction(() => remove(store, name));
  const failures = (await dropRemoved(services, TELL_MS)).filter(({ network }) => network === name);
  const having = leftovers(store).find((left) => left.name === name)?.hosts ?? [];
  const told = toldOf(
    having.map((host) => store.hosts.get(host)),
    failures,
  );
  const neighbours = await tellNetworks(services, parted);
  const others = parted.join(', ');
  return {
    warnings: [
      ...warningsOf(told, `its part of ${name} stays there`),
      ...warningsOf(without(neighbours, having), `${others} may still be connected with ${name} there`),
    ],
  };
}

/** Of hosts that keep the network itself enough is said. */
const without = ({ away, refused }: Told, hosts: readonly string[]): Told => ({
  away: away.filter((host) => !hosts.includes(host)),
  refused: refused.filter(({ host }) => !hosts.includes(host)),
});

function create(services: Services, body: RouteParsed<'network.create'>['body']): void {
  const { store } = services;
  const networks = store.networks.list();
  const admitted = admitNetwork(body, { networks, hosts: store.hosts.list() });
  const { name, isolated, egress } = body;
  checkEgress(services, { name, isolated }, egress);
  const taken = [...networks, ...leftovers(store)].map(({ vni }) => vni);
  store.networks.insert({
    ...{ ...admitted, isolated, egress, vni: lowestFree(taken, FIRST_VNI) },
    ...{ connected: [], hostAddresses: {} },
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

/** What may happen to a virtual network (virNetworkEventID in libvirt-network.h). */
import { type Kind, kindsOf } from '../event-kind.ts';
import { networkMessages as messages, networkCalls } from '../procedures/network.ts';
import type { NetworkHandle } from '../wire-structures.ts';

/** virNetworkEventLifecycleType. */
const changes = ['defined', 'undefined', 'started', 'stopped'] as const;

export type NetworkEvents = {
  'network-lifecycle': { network: NetworkHandle; event: (typeof changes)[number] | 'unknown' };
};

const kind = kindsOf({
  register: networkCalls.connectNetworkEventRegisterAny,
  deregister: networkCalls.connectNetworkEventDeregisterAny,
  args: (event, { network }) => ({ event, net: network as NetworkHandle | undefined }),
});

export const networkEvents: { readonly [K in keyof NetworkEvents]: Kind<NetworkEvents[K]> } = {
  'network-lifecycle': kind(0, messages.lifecycle, ({ net, event }) => ({
    network: net,
    event: changes[event] ?? 'unknown',
  })),
};

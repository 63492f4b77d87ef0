/** Takes a host down. Every phase can be repeated, and none is undone: what is half removed is removed on. */
import { syncTunnels } from '../network/sync.ts';
import type { Definition } from '../operations/operations.ts';
import type { Phase } from '../run-phases.ts';
import { cloudOf, type Services } from '../services.ts';
import type { HostState } from './provision.ts';

export function removeHostFlow(services: Services): Definition<HostState> {
  const { store, agents } = services;
  const leave: Phase<HostState> = {
    name: 'leave',
    async do({ state: { host } }) {
      store.hosts.update(host, { state: 'removing' });
      await syncTunnels(services);
    },
  };
  const destroyVm: Phase<HostState> = {
    name: 'destroy-vm',
    async do({ state: { host }, progress }) {
      agents.forget(host);
      const cloud = cloudOf(services, store.hosts.get(host).cloud);
      if (cloud.prepareVm) progress({ message: 'giving the machine back: it runs on, and packages stay' });
      await cloud.destroyVm(host);
    },
  };
  const forget: Phase<HostState> = {
    name: 'forget',
    do: async ({ state: { host } }) => store.hosts.remove(host),
  };
  return {
    kind: 'host.remove',
    phases: [leave, destroyVm, forget],
    afterRestart: 'resume',
    undoneState: 'failed',
    end: ({ host }) => ({ host }),
  };
}

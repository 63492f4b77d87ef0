/** Takes a host down. Every phase can be repeated, and none is undone: what is half removed is removed on. */
import { BlanketError } from '../../wire/errors.ts';
import { isUnreachable } from '../agents/reach.ts';
import type { Cloud } from '../clouds/cloud.ts';
import { forgetHost } from '../network/publish.ts';
import { syncNetworks } from '../network/sync.ts';
import type { Definition } from '../operations/operations.ts';
import type { Phase } from '../run-phases.ts';
import { cloudOf, type Services } from '../services.ts';
import { leaveTunnels } from './enrol.ts';
import type { HostState } from './provision.ts';

/** `force`: a machine that cannot be reached any more is given up as it is, and so is a guest that may be on it. */
type RemoveState = HostState & { force: boolean };

export function removeHostFlow(services: Services): Definition<RemoveState> {
  const { store, agents } = services;
  const leave: Phase<RemoveState> = {
    name: 'leave',
    async do({ state: { host }, signal }) {
      store.hosts.update(host, { state: 'removing' });
      await leaveTunnels(services, signal);
      await syncNetworks(services); // its addresses are free now
    },
  };
  const destroyVm: Phase<RemoveState> = {
    name: 'destroy-vm',
    async do({ state: { host, force }, progress }) {
      agents.forget(host);
      const cloud = cloudOf(services, store.hosts.get(host).cloud);
      if (cloud.prepareVm) progress({ message: 'giving the machine back: it runs on, and packages stay' });
      await destroyOrGiveUp(cloud, host, force);
    },
  };
  const forget: Phase<RemoveState> = {
    name: 'forget',
    do: async ({ state: { host } }) => {
      forgetHost(store, host);
      store.hosts.remove(host);
    },
  };
  return {
    kind: 'host.remove',
    phases: [leave, destroyVm, forget],
    afterRestart: 'resume',
    undoneState: 'failed',
    end: ({ host }) => ({ host }),
  };
}

async function destroyOrGiveUp(cloud: Cloud, host: string, force: boolean): Promise<void> {
  try {
    await cloud.destroyVm(host);
  } catch (error) {
    if (!force || cloud.giveUpVm === undefined || !isOutOfReach(error)) throw error;
    await cloud.giveUpVm(host);
  }
}

const givenUpCodes = ['ssh.host-key', 'cloud.machine-timed-out'];

/** Also when something else answers there now: a machine that was installed anew has another host key. */
const isOutOfReach = (error: unknown): boolean =>
  isUnreachable(error) || (error instanceof BlanketError && givenUpCodes.includes(error.code));

/** Brings a new machine to where control may enter: one that a cloud made reads its user-data, others are prepared. */
import { sshUser } from '../agents/agents.ts';
import type { Phase } from '../run-phases.ts';
import { cloudOf, type Services } from '../services.ts';
import type { ProvisionState } from './provision.ts';
import { agentUnit } from './user-data.ts';
import { waitForSsh } from './wait-for-ssh.ts';

const SSH_PAUSE_MS = 2_000;
const CONSOLE_BYTES = 2_000;

/** Undone by the cloud's `destroyVm`, which is the undo of the phase before. */
export const preparePhase = (services: Services): Phase<ProvisionState> => ({
  name: 'prepare',
  async do({ state, signal, progress }) {
    const { name, cloud: cloudName } = services.store.hosts.get(state.host);
    const cloud = cloudOf(services, cloudName);
    const entry = { user: sshUser, publicKey: services.key.publicKey, unit: await agentUnit() };
    await cloud.prepareVm?.(name, entry, signal);
    await waitForSsh({
      host: name,
      open: (limit) => services.agents.ssh(name, limit),
      console: () => cloud.readConsole(name, CONSOLE_BYTES),
      signal,
      timeoutMs: state.bootTimeoutMs,
      pauseMs: SSH_PAUSE_MS,
      onTry: (ms) => progress({ message: `waiting for ${name} to boot, ${Math.round(ms / 1000)} s` }),
    });
  },
});

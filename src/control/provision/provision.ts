/** From nothing to a host: a cloud VM, the agent on it, the driver that fits it, the engine that is proven. */

import { BlanketError, type Problem } from '../../wire/errors.ts';
import type { CloudVm } from '../clouds/cloud.ts';
import { freeHost } from '../network/allocation.ts';
import type { Definition } from '../operations/operations.ts';
import type { Phase } from '../run-phases.ts';
import { cloudOf, type Services } from '../services.ts';
import { enrolPhase } from './enrol.ts';
import { guestsAt, needEmpty } from './guests-at.ts';
import { installAgent } from './install-agent.ts';
import { bringLacking } from './packages.ts';
import { preparePhase } from './prepare.ts';
import { probeEngines } from './probe.ts';
import { resolveAddress } from './resolve-address.ts';
import { userDataFor } from './user-data.ts';

export type HostState = { host: string };
/** `machine`: which to take of a cloud whose machines are there already. `warnings`: what was found and let pass. */
export type ProvisionState = HostState & { bootTimeoutMs: number; machine?: string; warnings?: Problem[] };

const DRIVER_TIMEOUT_MS = 180_000;

type Make = (services: Services) => Phase<ProvisionState>;

const createVm: Make = (services) => ({
  name: 'create-vm',
  async do({ state, signal }) {
    const host = services.store.hosts.get(state.host);
    const { name, image, vcpus, memoryMiB, diskGiB } = host;
    const userData = await userDataFor({ ...host, controlKey: services.key.publicKey });
    const { machine } = state;
    const spec = {
      name,
      image,
      userData,
      vcpus,
      memoryMiB,
      diskGiB,
      ...(machine !== undefined && { machine }),
    };
    const made = await cloudOf(services, host.cloud).createVm(spec, signal);
    const { ssh, was, behindNat = false } = made;
    // nobody begins towards one behind a NAT, so whatever it is called will do
    const address = behindNat ? made.address : await resolveAddress(name, made.address);
    services.store.hosts.update(name, { ssh, address, behindNat, ...(was && asItWas(was)) });
  },
  async undo({ state }) {
    needEmpty(services.store, state.host);
    services.agents.forget(state.host);
    await cloudOf(services, services.store.hosts.get(state.host).cloud).destroyVm(state.host);
  },
});

/** A machine that was there before keeps its host key, and has the size that it has. */
const asItWas = ({ hostKey, vcpus, memoryMiB, diskGiB }: NonNullable<CloudVm['was']>) => ({
  ...{ hostKeyPublic: hostKey, hostKeyPrivate: '', vcpus, memoryMiB, diskGiB },
});

/** Undone with the VM, as are all phases after it but the last; packages stay on a machine that was there before. */
const packages: Make = ({ agents }) => ({
  name: 'packages',
  do: ({ state: { host }, signal, progress }) =>
    bringLacking({ host, ssh: () => agents.ssh(host, signal), signal, progress }),
});

const installed: Make = ({ agents }) => ({
  name: 'agent',
  async do({ state: { host }, signal, progress }) {
    progress({ message: 'installing the agent' });
    await installAgent(await agents.ssh(host, signal));
    await agents.call(host, 'host.status', {});
  },
});

/** The agent says what does not hold; the host's name and a way on are control's to tell. */
function driverFailed(host: string, error: unknown): unknown {
  if (!(error instanceof BlanketError) || error.code !== 'driver.not-verified') return error;
  return new BlanketError(error.code, `${host}: ${error.message}`, {
    kind: error.kind,
    next: 'Provision it again with `--driver generic`, which asks for least, or send in what `blanket host facts` saves of a like host.',
    data: { ...error.data, host },
    cause: error.cause,
  });
}

const driver: Make = ({ store, agents }) => ({
  name: 'driver',
  async do({ state, progress }) {
    const { name, driverOverride } = store.hosts.get(state.host);
    const wish = driverOverride === null ? {} : { override: driverOverride };
    const { chosen, why } = await agents.call(name, 'driver.detect', wish);
    progress({ message: `applying ${chosen}: ${why}` });
    const limit = { timeoutMs: DRIVER_TIMEOUT_MS };
    const { shims } = await agents
      .call(name, 'driver.apply', { driver: chosen }, limit)
      .catch((error: unknown) => {
        throw driverFailed(name, error);
      });
    const lacking = shims.filter(({ outcome }) => outcome !== 'set');
    for (const { shim, detail } of lacking) progress({ message: `${shim} without: ${detail}` });
    store.hosts.update(name, { driver: chosen, driverWhy: why });
  },
});

const engine: Make = (services) => ({
  name: 'engine',
  async do({ state, signal, progress }) {
    progress({ message: 'booting the probe guest' });
    await probeEngines(services, state.host, signal);
  },
});

const enrol: Make = (services) => enrolPhase(services);

/** One that guests are on stays what it is, for their sake. */
function keepFailed(store: Services['store'], host: string): void {
  const { on, perhaps } = guestsAt(store, host);
  if (on.length + perhaps.length === 0) store.hosts.update(host, { state: 'failed' });
}

export const provisionFlow = (services: Services): Definition<ProvisionState> => ({
  kind: 'host.provision',
  phases: [createVm, preparePhase, packages, installed, driver, engine, enrol].map((make) => make(services)),
  afterRestart: 'resume',
  undoneState: 'failed',
  end({ host, warnings = [] }, outcome) {
    if (outcome.state === 'undone') {
      services.store.hosts.remove(host);
      freeHost(services.store, host);
    }
    if (outcome.state === 'attention') keepFailed(services.store, host);
    return outcome.state === 'done' ? { host, ...(warnings.length > 0 && { warnings }) } : undefined;
  },
});

/** Which engine a host runs guests with: proven on the host by the probe guest, and kept with the host. */
import type { AgentResult } from '../../wire/agent.ts';
import { BlanketError } from '../../wire/errors.ts';
import { proofSchema } from '../../wire/methods/engines.ts';
import { tryNoteCpu } from '../fleet/known-cpus.ts';
import type { Definition } from '../operations/operations.ts';
import type { Phase } from '../run-phases.ts';
import type { Services } from '../services.ts';
import type { HostRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { allowRetry } from './reprobe.ts';

const PROBE_TIMEOUT_MS = 120_000;

type Probed = AgentResult<'engine.probe'>;

/** Boots the probe guest with each engine and keeps what came of it. @throws BlanketError of the agent */
export async function probeEngines(services: Services, host: string, signal: AbortSignal): Promise<Probed> {
  const { agents, store } = services;
  const options = { signal, timeoutMs: 3 * PROBE_TIMEOUT_MS };
  try {
    const probed = await agents.call(host, 'engine.probe', { timeoutMs: PROBE_TIMEOUT_MS }, options);
    keepProof(services, host, probed);
    await tryNoteCpu(services, host);
    return probed;
  } catch (error) {
    keepFailure(store, host, error);
    throw error;
  }
}

function keepProof({ store, log }: Services, host: string, probed: Probed): void {
  const { chosen, why, probes } = probed;
  const score = probes.find(({ engine }) => engine === chosen)?.score ?? null;
  const before = store.hosts.get(host).engine;
  const record = store.hosts.update(host, {
    ...{ engine: chosen, engineWhy: why, engineScore: score },
    probe: { ...probed, at: new Date().toISOString() },
  });
  if (before === null || before === chosen) return;
  const guests = guestsOfOtherEngine(store, record);
  log.warn({ host, before, now: chosen, why, guests }, 'the engine of a host changed, its guests did not');
}

const failedSchema = proofSchema.pick({ probes: true, machine: true });

/** The engine stays, as guests may run with it, but its score is no longer true. */
function keepFailure(store: Store, host: string, error: unknown): void {
  if (!(error instanceof BlanketError) || error.code !== 'engine.none-usable') return;
  const proof = failedSchema.safeParse(error.data);
  if (!proof.success) return;
  const probe = { ...proof.data, at: new Date().toISOString(), chosen: null, why: error.message };
  store.hosts.update(host, { engineWhy: error.message, engineScore: null, probe });
}

/** Guests that were made for an engine which is not, or no longer, this host's. */
export const guestsOfOtherEngine = (
  { guests }: Pick<Store, 'guests'>,
  { name, engine }: Pick<HostRecord, 'name' | 'engine'>,
): string[] =>
  guests
    .list()
    .filter((guest) => guest.host === name && engine !== null && guest.engine !== engine)
    .map((guest) => guest.name);

type ProbeState = { host: string; probed?: Probed };

export function probeFlow(services: Services): Definition<ProbeState> {
  const probe: Phase<ProbeState> = {
    name: 'probe',
    async do({ state, signal, save }) {
      save({ probed: await probeEngines(services, state.host, signal) });
    },
    // changes nothing on the host
  };
  return {
    kind: 'host.probe',
    phases: [probe],
    afterRestart: 'undo',
    undoneState: 'failed',
    end({ host, probed }, outcome, { id }) {
      if (outcome.state === 'undone') allowRetry(services, host, id, outcome.error);
      return { host, ...probed };
    },
  };
}

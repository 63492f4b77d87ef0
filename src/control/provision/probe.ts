/** Which engine a host runs guests with: proven on the host by the probe guest, and kept with the host. */
import { tryNoteCpu } from '../fleet/known-cpus.ts';
import type { Definition } from '../operations/operations.ts';
import type { Phase } from '../run-phases.ts';
import type { Services } from '../services.ts';

const PROBE_TIMEOUT_MS = 120_000;

/** Boots the probe guest with each engine and keeps what came of it. @throws BlanketError of the agent */
export async function probeEngines(services: Services, host: string, signal: AbortSignal) {
  const options = { signal, timeoutMs: 3 * PROBE_TIMEOUT_MS };
  const probed = await services.agents.call(host, 'engine.probe', { timeoutMs: PROBE_TIMEOUT_MS }, options);
  const score = probed.probes.find(({ engine }) => engine === probed.chosen)?.score ?? null;
  services.store.hosts.update(host, {
    engine: probed.chosen,
    engineWhy: probed.why,
    engineScore: score,
  });
  await tryNoteCpu(services, host);
  return probed;
}

type ProbeState = { host: string; probed?: Awaited<ReturnType<typeof probeEngines>> };

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
    end: ({ host, probed }) => ({ host, ...probed }),
  };
}

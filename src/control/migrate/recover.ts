/** A post-copy that broke is taken up again between the same two hypervisors, which both still have their part of the guest. */
import type { AgentResult } from '../../wire/agent.ts';
import { plainWay } from '../../wire/copy-way.ts';
import { BlanketError } from '../../wire/errors.ts';
import { reach } from '../agents/reach.ts';
import { tunnelAddress } from '../network/addresses.ts';
import type { Services } from '../services.ts';
import { CALL_TIMEOUT_MS, idOf, NO_TIMEOUT_MS, PATIENCE_MS } from './calls.ts';
import { compareVersions } from './findings/versions.ts';
import type { MigrateState } from './state.ts';

/** VIR_MIGRATE_POSTCOPY_RESUME (libvirt-domain.h). */
const RECOVERS = '8.5.0';

const options = { timeoutMs: CALL_TIMEOUT_MS };

/** @throws BlanketError `migrate.postcopy-beyond` when it cannot be recovered; any other when it may be tried again */
export async function recover(
  services: Services,
  state: MigrateState,
): Promise<AgentResult<'migrate.finish'>> {
  const { agents, store } = services;
  const { source, destination, objective, way = plainWay } = state;
  const id = idOf(state);
  await refuseBeyond(services, state);
  const begun = await agents.call(source, 'migrate.recover-begin', { ...id, way }, options);
  const listenAddress = tunnelAddress(store.hosts.get(destination).index);
  const wish = { ...id, ...begun, way, listenAddress };
  const prepared = await agents.call(destination, 'migrate.recover-prepare', wish, options);
  const { bandwidthBps: bandwidth } = objective;
  const sending = { ...id, ...prepared, xml: begun.xml, ...(bandwidth !== undefined && { bandwidth }) };
  const { cookie } = await agents.call(source, 'migrate.recover-perform', sending, options);
  const last = { timeoutMs: NO_TIMEOUT_MS };
  return agents.call(destination, 'migrate.recover-finish', { ...id, cookie }, last);
}

/** The source's half may be gone, or its hypervisor too old. */
async function refuseBeyond({ agents }: Services, state: MigrateState): Promise<void> {
  const { guest, source, destination } = state;
  const here = await reach(() => agents.call(source, 'migrate.status', idOf(state)), PATIENCE_MS);
  if (here.guest !== 'paused') {
    throw beyond(
      `The rest of ${guest}'s memory was on ${source} and is lost: it is ${here.guest} there. What has come to ${destination} cannot go on.`,
    );
  }
  for (const host of [source, destination]) {
    const { libvirt } = await agents.call(host, 'host.status', {}, options);
    if (compareVersions(libvirt, RECOVERS) >= 0) continue;
    throw beyond(
      `${guest} cannot go on: libvirt ${libvirt} on ${host} does not take up a post-copy that broke, 8.5 does.`,
    );
  }
}

const beyond = (message: string): BlanketError =>
  new BlanketError('migrate.postcopy-beyond', message, { kind: 'attention' });

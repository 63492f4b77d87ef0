/** What runs on both hosts when the guest has gone over, for the record of its move. */
import type { HostVersions } from '../../wire/move-proof.ts';
import { within } from '../agents/within.ts';
import type { MigrateState } from '../migrate/state.ts';
import type { Services } from '../services.ts';

const LIMIT_MS = 15_000;

/** Never fails: a record may say that a host could not be asked. */
export async function witness(
  services: Services,
  { source, destination }: MigrateState,
): Promise<NonNullable<MigrateState['witnessed']>> {
  const [from, to] = await Promise.all([versionsOf(services, source), versionsOf(services, destination)]);
  return { source: from, destination: to };
}

async function versionsOf({ agents, log }: Services, host: string): Promise<HostVersions | null> {
  try {
    const status = await within(LIMIT_MS, host, (options) => agents.call(host, 'host.status', {}, options));
    const { agent, kernel, libvirt, qemu, machine } = status;
    return { agent, kernel, libvirt, qemu, machine };
  } catch (error) {
    log.warn({ host, err: error }, 'versions not asked for the record of a move');
    return null;
  }
}

/** What begins a migration, whoever asks for it: a person or a drain. */
import type { RouteParsed } from '../../wire/api.ts';
import type { Operation } from '../../wire/resources.ts';
import { refuseRebooting } from '../conform/admit.ts';
import { refuseMaintenance } from '../drain/maintenance.ts';
import { checkGuestCpu } from '../fleet/guest-cpu.ts';
import { learnCpu } from '../fleet/known-cpus.ts';
import type { Services } from '../services.ts';
import { settleMode } from './cold/is-cold.ts';
import { objectiveFor } from './objective.ts';
import { checkRecords } from './plan.ts';

/**
 * A destination whose CPU is not known is asked; what changed while it answered is checked again.
 * @param drain the operation that begins it, if it is one
 * @throws BlanketError `operation.busy`, and kind `blocked` with what the store alone says against it
 */
export async function startMigration(
  services: Services,
  name: string,
  { to, ...wish }: RouteParsed<'guest.migrate'>['body'],
  drain?: string,
): Promise<Operation> {
  const { store, operations } = services;
  const wished = objectiveFor(wish, store.guests.get(name).objective);
  const checked = () => {
    const [guest, destination] = [store.guests.get(name), store.hosts.get(to)];
    operations.needIdle(`guest/${name}`); // first: a guest that migrates is not "not running"
    refuseRebooting(store, to);
    refuseMaintenance(store, to);
    const objective = settleMode(wished, guest); // each time: it may be started or stopped while a host is asked
    checkRecords(guest, destination, objective.mode === 'cold');
    return { guest, objective };
  };
  checked();
  await learnCpu(services, to);
  const { guest, objective } = checked();
  const warnings = checkGuestCpu(store, guest, 'migrate', to);
  return operations.start('guest.migrate', `guest/${name}`, {
    ...{ guest: name, source: guest.host, destination: to, objective, warnings },
    ...(objective.mode === 'cold' && { cold: { wasRunning: guest.state === 'running' } }),
    ...(drain !== undefined && { drain }),
  });
}

/** Migrations. */
import type { RouteParsed } from '../../wire/api.ts';
import type { MigrationPlan } from '../../wire/migration-plan.ts';
import { type ObjectiveChange, objectiveWishSchema } from '../../wire/objective.ts';
import type { Guest } from '../../wire/resources.ts';
import { refuseRebooting } from '../conform/admit.ts';
import { refuseMaintenance } from '../drain/maintenance.ts';
import { settleMode } from '../migrate/cold/is-cold.ts';
import { blockerFrom, inOrder } from '../migrate/findings/finding.ts';
import { historyOf } from '../migrate/history.ts';
import { makePlan } from '../migrate/make-plan.ts';
import { objectiveFor } from '../migrate/objective.ts';
import { startMigration } from '../migrate/start.ts';
import type { Services } from '../services.ts';
import type { Handlers } from './handlers.ts';
import { guestView } from './views.ts';

type Names = 'guest.migrate' | 'guest.plan' | 'guest.objective' | 'migration.history';

export const migrateHandlers = (services: Services): Handlers<Names> => ({
  'guest.migrate': ({ params: { name }, body }) => startMigration(services, name, body),
  'migration.history': ({ query: { guest } }) => historyOf(services.store, guest),
  'guest.plan': ({ params: { name }, body }) => planned(services, name, body),
  'guest.objective': ({ params: { name }, body }) => setObjective(services, name, body),
});

/** A migration under way keeps to what it began with. */
function setObjective({ store }: Services, name: string, change: ObjectiveChange): Guest {
  const all = Object.entries({ ...store.guests.get(name).objective, ...change });
  const objective = objectiveWishSchema.parse(Object.fromEntries(all.filter(([, value]) => value !== null)));
  objectiveFor(objective); // refuses what contradicts itself
  store.guests.update(name, { objective });
  return guestView(store.guests.get(name));
}

/** What would refuse the operation itself is found as well. */
async function planned(
  services: Services,
  name: string,
  { to, ...wish }: RouteParsed<'guest.plan'>['body'],
): Promise<MigrationPlan> {
  const { store, operations } = services;
  const guest = store.guests.get(name);
  const objective = settleMode(objectiveFor(wish, guest.objective), guest);
  const plan = await makePlan(services, { guest: name, destination: to, objective });
  const admission = [
    ...blockerFrom(() => operations.needIdle(`guest/${name}`)),
    ...blockerFrom(() => refuseRebooting(store, to)),
    ...blockerFrom(() => refuseMaintenance(store, to)),
  ];
  const findings = inOrder([...admission, ...plan.findings]);
  return { ...plan, findings, blocked: plan.blocked || admission.length > 0 };
}

/** What becomes of a guest whose CPU is too wide, as a person has set it. */
import { type FleetPolicy, fleetPolicySchema } from '../../wire/routes/fleet.ts';
import type { Store } from '../store/store.ts';

const name = 'fleet-policy';

export const readPolicy = ({ settings }: Pick<Store, 'settings'>): FleetPolicy =>
  fleetPolicySchema.parse(settings.find(name)?.value ?? {});

type Change = { [K in keyof FleetPolicy]?: FleetPolicy[K] | undefined };

/** Changes what is given and leaves the rest. */
export function changePolicy(store: Pick<Store, 'settings'>, change: Change): FleetPolicy {
  const value = {
    ...readPolicy(store),
    ...Object.fromEntries(Object.entries(change).filter(([, word]) => word)),
  };
  if (store.settings.find(name) === undefined) store.settings.insert({ name, value });
  else store.settings.update(name, { value });
  return readPolicy(store);
}

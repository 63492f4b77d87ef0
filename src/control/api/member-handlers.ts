/** Which thing belongs to which fleet. */
import { claim, membersOf } from '../fleet/members.ts';
import type { Services } from '../services.ts';
import type { Handlers } from './handlers.ts';

type Names = 'fleet.members' | 'fleet.claim';

export const memberHandlers = ({ store }: Services): Handlers<Names> => ({
  'fleet.members': () => membersOf(store),
  'fleet.claim': ({ params: { kind, name }, body: { fleet } }) => claim(store, kind, name, fleet),
});

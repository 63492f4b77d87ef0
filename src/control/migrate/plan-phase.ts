/** The phase that only asks. */
import { checkReadings } from './plan.ts';
import type { Make } from './state.ts';

export const plan: Make = ({ store, agents }) => ({
  name: 'plan',
  async do({ state: { guest: name, source, destination } }) {
    const [atSource, atDestination, room] = await Promise.all([
      agents.call(source, 'guest.view', { name }),
      agents.call(destination, 'guest.view', { name }),
      agents.call(destination, 'host.status', {}),
    ]);
    const [from, to] = [store.hosts.get(source), store.hosts.get(destination)];
    const guest = store.guests.get(name);
    checkReadings({ guest, source: from, destination: to, atSource, atDestination, room });
  },
});

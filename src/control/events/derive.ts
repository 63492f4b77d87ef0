/** What is told of a change in the store. Pure but for where things are. */
import type { Change } from '../store/changes.ts';
import type { GuestRecord, HostRecord } from '../store/records.ts';
import { migrationEvents, operationEvents } from './derive-operation.ts';
import { cloudEvents, imageEvents, networkEvents } from './derive-rest.ts';
import { differences } from './differences.ts';
import type { NewEvent, Places } from './event.ts';
import { shownGuest, shownHost } from './shown.ts';

/** Of what nobody watches, such as a setting, nothing. */
export function eventsOf(change: Change, places: Places): NewEvent[] {
  switch (change.noun) {
    case 'guest':
      return guestEvents(change.before, change.after);
    case 'host':
      return hostEvents(change.before, change.after);
    case 'cloud':
      return cloudEvents(change.before, change.after);
    case 'network':
      return networkEvents(change.before, change.after);
    case 'image':
      return imageEvents(change.before, change.after);
    case 'operation':
      return operationEvents(change.before, change.after, places);
    case 'migration':
      return migrationEvents(change.after);
    case 'setting':
    case 'conformance':
    case 'token':
      return [];
  }
}

/** A guest that goes from one host to another is about both. */
function guestEvents(before: GuestRecord | undefined, after: GuestRecord | undefined): NewEvent[] {
  const known = after ?? before;
  if (known === undefined) return [];
  const about = { guest: known.name, hosts: [...new Set([before?.host ?? known.host, known.host])] };
  if (after === undefined) return [{ kind: 'guest.removed', ...about }];
  const values = differences(before && shownGuest(before), shownGuest(after));
  if (before === undefined) return [{ kind: 'guest.created', ...about, state: after.state, values }];
  const events: NewEvent[] = [];
  if (Object.keys(values).length > 0) events.push({ kind: 'guest.changed', ...about, values });
  if (before.state !== after.state)
    events.push({ kind: 'guest.state', ...about, from: before.state, to: after.state });
  return events;
}

function hostEvents(before: HostRecord | undefined, after: HostRecord | undefined): NewEvent[] {
  const known = after ?? before;
  if (known === undefined) return [];
  const about = { host: known.name, hosts: [known.name], clouds: [known.cloud] };
  if (after === undefined) return [{ kind: 'host.removed', ...about }];
  const values = differences(before && shownHost(before), shownHost(after));
  if (before === undefined) return [{ kind: 'host.created', ...about, state: after.state, values }];
  const { engine, engineScore: to } = after;
  const events: NewEvent[] = [];
  if (Object.keys(values).length > 0) events.push({ kind: 'host.changed', ...about, values });
  if (before.engineScore !== to)
    events.push({ kind: 'host.score', ...about, engine, from: before.engineScore, to });
  if (before.state !== after.state)
    events.push({ kind: 'host.state', ...about, from: before.state, to: after.state });
  return events;
}

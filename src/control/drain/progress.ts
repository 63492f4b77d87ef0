/** A drain in a line: how many have gone, and what those under way are at. */
import type { Operation, Progress } from '../../wire/resources.ts';
import type { DrainedGuest } from '../../wire/routes/drain.ts';
import type { Services } from '../services.ts';
import { counted, type DrainState } from './state.ts';

function shareText({ progress }: Operation): string {
  const { doneBytes, totalBytes } = progress ?? {};
  if (doneBytes === undefined || totalBytes === undefined || totalBytes === 0) return '';
  return ` ${Math.floor((100 * doneBytes) / totalBytes)}%`;
}

function wayText({ operations }: Services, { guest, to, operation }: DrainedGuest): string {
  if (operation === null) return guest;
  const own = operations.show(operation);
  const phase = own.phases.find(({ state }) => state === 'running')?.name;
  const way = to === null ? guest : `${guest} to ${to}`;
  return phase === undefined ? way : `${way} (${phase}${shareText(own)})`;
}

export function progressOf(services: Services, { guests }: DrainState): Progress {
  const done = `${counted(guests, 'gone')} of ${guests.length} guests gone`;
  const staying = counted(guests, 'stays');
  const going = guests.filter(({ state }) => state === 'going').map((guest) => wayText(services, guest));
  return { message: [staying > 0 ? `${done}, ${staying} stay` : done, ...going].join('; ') };
}

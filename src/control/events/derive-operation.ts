/** Of operations: how far they are, and of migrations the moment at which the guest goes over, which their flow journals. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { nameSchema } from '../../wire/names.ts';
import type { Records } from '../store/changes.ts';
import type { OperationRecord } from '../store/records.ts';
import type { NewEvent, Places } from './event.ts';

/** Whom it works on, as flows name them in what they journal. */
const partiesSchema = z.object({
  guest: nameSchema.optional(),
  host: nameSchema.optional(),
  source: nameSchema.optional(),
  destination: nameSchema.optional(),
});

function aboutOf({ id, kind, subject, version, flowState }: OperationRecord, places: Places) {
  const [area, name] = subject.split('/');
  const { guest, ...hosts } = partiesSchema.safeParse(flowState).data ?? {};
  const onGuest = area === 'guest' ? name : guest;
  const lives = onGuest === undefined ? undefined : places.hostOf(onGuest);
  const named = [...Object.values(hosts), ...(area === 'host' ? [name] : []), lives];
  return {
    ...{ operation: id, work: kind, subject, version },
    ...(onGuest !== undefined && { guest: onGuest }),
    hosts: [...new Set(named.filter((host) => host !== undefined))],
  };
}

/** Records of operations that were forgotten say nothing any more. */
export function operationEvents(
  before: OperationRecord | undefined,
  after: OperationRecord | undefined,
  places: Places,
): NewEvent[] {
  if (after === undefined) return [];
  const about = aboutOf(after, places);
  if (before === undefined) return [{ kind: 'operation.begun', ...about, phases: after.phases }];
  const { state, result, problem } = after;
  const events: NewEvent[] = [];
  if (before.state !== 'running' && state === 'running') events.push({ kind: 'operation.resumed', ...about });
  for (const [index, phase] of after.phases.entries()) {
    if (!isDeepStrictEqual(phase, before.phases[index]))
      events.push({ kind: 'operation.phase', ...about, phase, index });
  }
  const move = handedOver(after);
  if (move !== undefined && handedOver(before) === undefined)
    events.push({ kind: 'migration.cutover', ...move, operation: after.id, hosts: about.hosts });
  if (state === 'running' && after.progress !== null && !isDeepStrictEqual(after.progress, before.progress))
    events.push({ kind: 'operation.progress', ...about, phase: runningPhase(after), progress: after.progress });
  if (before.state === 'running' && state !== 'running')
    events.push({ kind: 'operation.ended', ...about, state, result, problem });
  return events;
}

const runningPhase = ({ phases }: OperationRecord): string | null =>
  phases.find(({ state }) => state === 'running')?.name ?? null;

const movingSchema = z.object({
  guest: nameSchema,
  source: nameSchema,
  destination: nameSchema,
  handed: z.boolean().optional(),
  finished: z.object({}).optional(),
  cold: z.object({}).optional(),
});

/** Frames of a guest that goes cold are handed over before it is up there; those of others when it is. */
function handedOver({ kind, flowState }: OperationRecord) {
  const state = kind === 'guest.migrate' ? movingSchema.safeParse(flowState).data : undefined;
  if (state === undefined) return undefined;
  const { guest, source, destination, handed, finished, cold } = state;
  const isOver = cold === undefined ? handed === true : finished !== undefined;
  return isOver ? { guest, source, destination } : undefined;
}

/** A migration is kept in the history when it is done. */
export function migrationEvents(after: Records['migration'] | undefined): NewEvent[] {
  if (after === undefined) return [];
  const { operation, guest, source, destination } = after;
  const { downtimeMs, totalMs, memoryBytes, diskBytes, rounds } = after.measured;
  const measured = { downtimeMs, totalMs, memoryBytes, diskBytes, rounds };
  const move = { operation, guest, source, destination };
  return [{ kind: 'migration.measured', ...move, ...measured, hosts: [source, destination] }];
}

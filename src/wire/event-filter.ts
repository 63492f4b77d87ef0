/**
 * Which events a watcher wants: `FIELD=VALUE` or `FIELD!=VALUE`, several after commas, all of which must hold; of several filters one must.
 * A kind's first word, such as `guest`, stands for all kinds that begin with it.
 */
import { z } from 'zod';
import type { FleetEvent } from './events.ts';
import { allKept, eventIdSchema } from './events.ts';

export const eventFields = ['kind', 'guest', 'host', 'cloud', 'operation'] as const;
export type EventField = (typeof eventFields)[number];
export type EventCondition = { field: EventField; equal: boolean; value: string };
/** Alternatives; none at all lets everything pass. */
export type EventFilter = readonly (readonly EventCondition[])[];

/** What filters look at. */
export type EventKeys = Pick<FleetEvent, 'kind' | 'guest' | 'hosts' | 'clouds' | 'operation'>;

const pattern = /^([a-z]+)(!?=)([^,]*)$/;

function conditionOf(text: string): EventCondition | undefined {
  const [, name, sign, value = ''] = pattern.exec(text) ?? [];
  const field = eventFields.find((known) => known === name);
  return field === undefined ? undefined : { field, equal: sign === '=', value };
}

export const eventFilterSchema = z.string().transform((text, context): EventCondition[] => {
  const read = text.split(',').map(conditionOf);
  const conditions = read.filter((one) => one !== undefined);
  if (conditions.length === read.length) return conditions;
  const known = eventFields.join(', ');
  context.addIssue({ code: 'custom', message: `must be FIELD=VALUE or FIELD!=VALUE, with one of ${known}` });
  return z.NEVER;
});

/** A filter's longest text, and how many there may be. */
const FILTER_LENGTH = 1_000;
const MOST_FILTERS = 16;

export const eventQuerySchema = z.object({
  after: z.coerce
    .number()
    .pipe(eventIdSchema)
    .optional()
    .describe(`events behind this id; ${allKept}: all that are kept; absent: from now on`),
  filter: z
    .array(z.string().max(FILTER_LENGTH).pipe(eventFilterSchema))
    .max(MOST_FILTERS)
    .default([])
    .describe(`FIELD=VALUE or FIELD!=VALUE of ${eventFields.join(', ')}; given again: or that`),
});
export type EventQuery = z.output<typeof eventQuerySchema>;

const isKind = (kind: string, value: string): boolean => kind === value || kind.startsWith(`${value}.`);

function holds(event: EventKeys, field: EventField, value: string): boolean {
  switch (field) {
    case 'kind':
      return isKind(event.kind, value);
    case 'guest':
      return event.guest === value;
    case 'operation':
      return event.operation === value;
    case 'host':
      return event.hosts.includes(value);
    case 'cloud':
      return event.clouds.includes(value);
  }
}

export const passes = (filter: EventFilter, event: EventKeys): boolean =>
  filter.length === 0 ||
  filter.some((all) => all.every(({ field, equal, value }) => holds(event, field, value) === equal));

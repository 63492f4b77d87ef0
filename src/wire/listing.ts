/**
 * How lists are filtered, sorted and cut into pages. `filter` is `field=value` or `field!=value`, several after commas, all of which must
 * hold; `sort` is a field, with `-` before it from the end; `after` is the name of the last row of the page before.
 */
import { z } from 'zod';

/** Rows of one page, at most. */
export const largestPage = 10_000;

const conditionPattern = /^([A-Za-z0-9]+)(!?=)([^,]*)$/;
export type Condition<F extends string = string> = { field: F; equal: boolean; value: string };

/** Of a list whose rows may be told apart by these fields. */
export function listingSchema<const F extends string>(fields: readonly [F, ...F[]]) {
  const fieldSchema = z.enum(fields);
  const known = `one of ${fields.join(', ')}`;
  const condition = (text: string): Condition<F> | undefined => {
    const [, name, sign, value = ''] = conditionPattern.exec(text) ?? [];
    const field = fieldSchema.safeParse(name).data;
    return field === undefined ? undefined : { field, equal: sign === '=', value };
  };
  const filter = z.string().transform((text, context): Condition<F>[] => {
    const read = text.split(',').map(condition);
    const conditions = read.filter((one) => one !== undefined);
    if (conditions.length === read.length) return conditions;
    context.addIssue({ code: 'custom', message: `must be FIELD=VALUE or FIELD!=VALUE, with ${known}` });
    return z.NEVER;
  });
  // a text for callers, so that one command line fits every list
  const sort: z.ZodType<string, string> = z.enum(fields.flatMap((field) => [field, `-${field}`]));
  return z.object({
    filter: filter
      .optional()
      .describe(
        `FIELD=VALUE or FIELD!=VALUE, several after commas, all of which must hold; FIELD is ${known}`,
      ),
    sort: sort.optional().describe('by this field; with - before it from the end'),
    limit: z.coerce.number().int().min(1).max(largestPage).optional().describe('rows at most'),
    after: z
      .string()
      .optional()
      .describe('only rows behind this one: the name, or id, of the last that was seen'),
  });
}

export const guestListing = listingSchema([
  ...(['name', 'state', 'host', 'image', 'engine', 'vcpus', 'memoryMiB', 'diskBytes', 'createdAt'] as const),
]);
export const hostListing = listingSchema([
  ...(['name', 'state', 'cloud', 'driver', 'engine', 'engineScore', 'vcpus', 'memoryMiB'] as const),
  ...(['maintenance', 'guests', 'createdAt'] as const),
]);
export const operationListing = listingSchema(['id', 'kind', 'subject', 'state', 'createdAt', 'endedAt']);

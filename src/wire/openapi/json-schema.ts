/**
 * The contract's schemas as JSON Schema 2020-12, which OpenAPI 3.1 takes as it is (section 4.8.24). What an answer may hold
 * is left open: a later Blanket of the same API version may say more.
 */
import { z } from 'zod';
import { problemSchema } from '../errors.ts';
import { hostFactsSchema } from '../host-facts.ts';
import { metricSchema } from '../metrics.ts';
import { migrationHistorySchema } from '../migration-history.ts';
import { migrationPlanSchema } from '../migration-plan.ts';
import { objectiveSchema } from '../objective.ts';
import * as r from '../resources.ts';
import { conformanceSchema } from '../routes/conform.ts';
import { fleetBaselineSchema } from '../routes/fleet.ts';
import { memberSchema } from '../routes/member.ts';
import { changedNetworkSchema, reachedGuestSchema, tunnelSchema } from '../routes/network.ts';
import { tokenSchema } from '../routes/token.ts';

export type JsonSchema = { [key: string]: unknown };

/** Schemas that answers share, by the name under which the document has them once. */
export const named = {
  Problem: problemSchema,
  Cloud: r.cloudSchema,
  Link: r.linkSchema,
  Host: r.hostSchema,
  HostFacts: hostFactsSchema,
  Conformance: conformanceSchema,
  FleetBaseline: fleetBaselineSchema,
  FleetMember: memberSchema,
  Image: r.imageSchema,
  Network: r.networkSchema,
  ChangedNetwork: changedNetworkSchema,
  Tunnel: tunnelSchema,
  Guest: r.guestSchema,
  ListedGuest: r.listedGuestSchema,
  ReachedGuest: reachedGuestSchema,
  Token: tokenSchema,
  Operation: r.operationSchema,
  Phase: r.phaseRecordSchema,
  Progress: r.progressSchema,
  Objective: objectiveSchema,
  MigrationPlan: migrationPlanSchema,
  MigrationHistory: migrationHistorySchema,
  Metric: metricSchema,
} as const;

const uriOf = (id: string): string => `#/components/schemas/${id}`;
export const problemRef: JsonSchema = { $ref: uriOf('Problem') };

type Seen = { zodSchema: z.core.$ZodTypes; jsonSchema: z.core.JSONSchema.BaseSchema };

/** Without what says nothing new: bounds of JavaScript's own numbers, a time's pattern beside its format, a boolean's text. */
function plain({ zodSchema, jsonSchema }: Seen): void {
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
  const { def } = zodSchema._zod;
  if (def.type === 'pipe' && def.out._zod.def.type === 'boolean') jsonSchema.type = 'boolean';
}

function open(seen: Seen): void {
  plain(seen);
  if (seen.jsonSchema.additionalProperties === false) delete seen.jsonSchema.additionalProperties;
}

const withoutIds = ({ $schema: _schema, $id: _id, ...schema }: JsonSchema): JsonSchema => schema;

/** What a caller sends: what has a default may be left out. */
export const inputSchema = (schema: z.ZodType): JsonSchema =>
  withoutIds(z.toJSONSchema(schema, { io: 'input', override: plain }) as JsonSchema);

/**
 * What control answers, by the caller's keys, and the named schemas that those refer to.
 */
export function answerSchemas<K extends string>(
  answers: Readonly<Record<K, z.ZodType>>,
): { answers: Record<K, JsonSchema>; components: Record<string, JsonSchema> } {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  const idOf = (key: string, schema: z.ZodType) => registry.get(schema)?.id ?? `answer ${key}`;
  const ids = Object.entries<z.ZodType>(answers).map(([key, schema]) => {
    const id = idOf(key, schema);
    if (!registry.has(schema)) registry.add(schema, { id });
    return [key, id] as const;
  });
  const { schemas } = z.toJSONSchema(registry, { io: 'output', uri: uriOf, override: open });
  const found = (id: string) => withoutIds((schemas[id] ?? {}) as JsonSchema);
  const made = ids.map(([key, id]) => [key, id in named ? { $ref: uriOf(id) } : found(id)]);
  return {
    answers: Object.fromEntries(made),
    components: Object.fromEntries(Object.keys(named).map((id) => [id, found(id)])),
  };
}

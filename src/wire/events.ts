/**
 * What happens in the fleet, as control tells it over a WebSocket at `eventsPath`: JSON texts, one message each, from control alone.
 *
 *   hello    first: where the log begins and ends
 *   event    in the order of ids, which only grow, also through restarts of control; there are gaps between them
 *   at       everything up to this id was told: once all that was kept has been, and then with each heartbeat
 *   gone     what came behind the id that was asked for is not known any more: list anew; events go on from `last`
 *
 * Names that an event does not have are left out. Fields and kinds may be added within `/v1`.
 */
import { z } from 'zod';
import { cloudSchema, guestStates, hostSchema, hostStates } from './resources.ts';
import { imageSchema, listedGuestSchema, networkSchema, operationKinds } from './resources.ts';
import { operationSchema, operationStates, phaseRecordSchema, progressSchema } from './resources.ts';
import { problemSchema } from './errors.ts';
import { engineSchema, nameSchema } from './names.ts';
import { apiVersion } from './routes/route.ts';

export const eventsPath = `/${apiVersion}/events`;

/** Unix ms of when it was made, or one above the last. */
export const eventIdSchema = z.int().nonnegative();

/** What came with the id 0 is nothing: whoever asks for what is behind it gets all that is kept. */
export const allKept = 0;

const envelope = z.object({
  type: z.literal('event'),
  id: eventIdSchema,
  at: z.iso.datetime(),
  /** In whose name it was done. */
  operation: z.string().optional(),
  guest: nameSchema.optional(),
  /** All that it is about, also the one that a guest left. */
  hosts: z.array(nameSchema),
  clouds: z.array(nameSchema),
});

const kind = <K extends string, S extends z.ZodRawShape>(name: K, shape: S) =>
  envelope.extend({ kind: z.literal(name), ...shape });

/** Fields that are new or have changed, as lists show them. */
const guestValues = listedGuestSchema.omit({ name: true, state: true }).partial();
const hostValues = hostSchema
  .omit({ name: true, state: true, probe: true, guests: true, guestsOfOtherEngine: true })
  .partial();
const networkValues = networkSchema
  .omit({ name: true, guests: true, egressState: true, gateway: true, gateway6: true })
  .partial();
const imageValues = imageSchema.omit({ name: true }).partial();
const cloudValues = cloudSchema.omit({ name: true, config: true, hosts: true }).partial();

const guest = { guest: nameSchema };
const host = { host: nameSchema };
const network = { network: nameSchema };
const image = { image: nameSchema };
const cloud = { cloud: nameSchema };

const work = {
  operation: z.string(),
  work: z.enum(operationKinds),
  subject: z.string(),
  /** Of the operation after this. */
  version: z.int(),
};
const move = { operation: z.string(), guest: nameSchema, source: nameSchema, destination: nameSchema };
const measured = {
  /** `null`: not known. */
  downtimeMs: z.number().nullable(),
  totalMs: z.number(),
  memoryBytes: z.int(),
  diskBytes: z.int(),
  rounds: z.int(),
};

export const eventSchema = z.discriminatedUnion('kind', [
  kind('guest.created', { ...guest, state: z.enum(guestStates), values: guestValues }),
  kind('guest.changed', { ...guest, values: guestValues }),
  kind('guest.state', { ...guest, from: z.enum(guestStates), to: z.enum(guestStates) }),
  kind('guest.removed', guest),
  kind('host.created', { ...host, state: z.enum(hostStates), values: hostValues }),
  kind('host.changed', { ...host, values: hostValues }),
  kind('host.state', { ...host, from: z.enum(hostStates), to: z.enum(hostStates) }),
  kind('host.score', {
    ...host,
    engine: engineSchema.nullable(),
    from: z.number().nullable(),
    to: z.number().nullable(),
  }),
  kind('host.removed', host),
  kind('cloud.created', { ...cloud, values: cloudValues }),
  kind('cloud.changed', { ...cloud, values: cloudValues }),
  kind('cloud.removed', cloud),
  kind('network.created', { ...network, values: networkValues }),
  kind('network.changed', { ...network, values: networkValues }),
  kind('network.removed', network),
  kind('image.created', { ...image, values: imageValues }),
  kind('image.changed', { ...image, values: imageValues }),
  kind('image.removed', image),
  kind('operation.begun', { ...work, phases: z.array(phaseRecordSchema) }),
  /** It needed attention, and was taken up again. */
  kind('operation.resumed', work),
  kind('operation.phase', { ...work, phase: phaseRecordSchema, index: z.int() }),
  /** Twice a second at most; one that is followed by a newer one of the same operation may be left out. */
  kind('operation.progress', { ...work, phase: z.string().nullable(), progress: progressSchema }),
  kind('operation.ended', {
    ...work,
    state: z.enum(operationStates),
    result: operationSchema.shape.result,
    problem: problemSchema.nullable(),
  }),
  /** The guest goes on at its destination. */
  kind('migration.cutover', move),
  /** It is done, and this came of it. */
  kind('migration.measured', { ...move, ...measured }),
  /** Control has a connection to it, or has lost the one that it had. */
  kind('agent.connected', { ...host, version: z.string() }),
  kind('agent.lost', host),
]);
export type FleetEvent = z.infer<typeof eventSchema>;
export type EventKind = FleetEvent['kind'];

export const helloSchema = z.object({
  type: z.literal('hello'),
  /** Of these messages. */
  protocol: z.literal(1),
  /** What is kept comes behind this one. */
  after: eventIdSchema,
  last: eventIdSchema,
  /** A peer that says nothing for twice this long is given up, in ms. */
  heartbeatMs: z.int(),
});

export const goneSchema = z.object({
  type: z.literal('gone'),
  code: z.literal('events.gone'),
  message: z.string(),
  next: z.string(),
  /** What was asked for, or where a reader who was too slow had come to. */
  after: eventIdSchema,
  last: eventIdSchema,
});

export const eventMessageSchema = z.discriminatedUnion('type', [
  helloSchema,
  eventSchema,
  z.object({ type: z.literal('at'), id: eventIdSchema }),
  goneSchema,
]);
export type EventMessage = z.infer<typeof eventMessageSchema>;

/** Close codes of control's own (RFC 6455, section 7.4.2). */
export const eventClose = {
  /** The token has expired or was revoked meanwhile. */
  notAllowed: 4003,
} as const;

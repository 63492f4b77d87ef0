/**
 * The API's contract, written once: from this table come the routes, their checks, OpenAPI and the client.
 * Long work answers 202 with an operation.
 */
import { z } from 'zod';
import { admin, operator, viewer } from './access.ts';
import { cpuChoices } from './cpu.ts';
import { diskWishesSchema } from './disk.ts';
import { guestListing, operationListing } from './listing.ts';
import { nameSchema } from './names.ts';
import { allowRuleSchema, guestMetadataSchema, noMetadata } from './network.ts';
import * as r from './resources.ts';
import { auditRoutes } from './routes/audit.ts';
import { conformRoutes } from './routes/conform.ts';
import { diskRoutes } from './routes/disk.ts';
import { drainRoutes } from './routes/drain.ts';
import { fleetRoutes } from './routes/fleet.ts';
import { hostRoutes } from './routes/host.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { migrateRoutes } from './routes/migrate.ts';
import { networkRoutes } from './routes/network.ts';
import { proofRoutes } from './routes/proof.ts';
import { apiVersion, byName, none, route } from './routes/route.ts';
import { sessionRoutes } from './routes/session.ts';
import { tokenRoutes } from './routes/token.ts';

const guestSize = {
  vcpus: z.int().min(1).max(64).default(1),
  memoryMiB: z.int().min(32).max(1048576).default(128),
  diskGiB: z.int().min(1).max(4096).default(1),
};

const detourSchema = z.object({
  hosts: z.tuple([nameSchema, nameSchema]).readonly(),
  via: nameSchema.nullable().describe('null: they do not reach each other at all'),
});

export const statusSchema = z.object({
  version: z.string(),
  pid: z.int(),
  startedAt: z.iso.datetime(),
  state: z.string().describe('directory of the durable state'),
  clouds: z.int(),
  hosts: z.int(),
  guests: z.int(),
  operationsRunning: z.int(),
  detours: z.array(detourSchema).describe('pairs of hosts that do not reach each other directly'),
});

const op = r.operationSchema;

export const api = {
  status: route('GET /status', 200, 'What this control is and holds', statusSchema, { needs: viewer }),
  'cloud.list': route('GET /clouds', 200, 'Clouds', z.array(r.cloudSchema), { needs: viewer }),
  'cloud.show': route('GET /clouds/:name', 200, 'One cloud', r.cloudSchema, {
    needs: viewer,
    params: byName,
  }),
  'cloud.add': route('POST /clouds', 201, 'Add a cloud', r.cloudSchema, {
    needs: admin,
    told: ['name', 'type'],
    body: z.object({ name: nameSchema, type: z.string(), config: z.record(z.string(), z.unknown()) }),
  }),
  'cloud.remove': route('DELETE /clouds/:name', 204, 'Remove a cloud without hosts', none, {
    needs: admin,
    params: byName,
  }),
  'link.list': route('GET /links', 200, 'Ways between local clouds', z.array(r.linkSchema), {
    needs: viewer,
  }),
  'link.set': route('PUT /links', 200, 'Change the way between two local clouds', r.linkSchema, {
    needs: admin,
    told: ['clouds', 'latencyMs', 'bandwidthBps', 'loss'],
    body: r.linkSchema,
  }),
  ...hostRoutes,
  ...fleetRoutes,
  ...conformRoutes,
  ...drainRoutes,
  'image.list': route('GET /images', 200, 'Images', z.array(r.imageSchema), { needs: viewer }),
  'image.show': route('GET /images/:name', 200, 'One image', r.imageSchema, {
    needs: viewer,
    params: byName,
  }),
  'image.import': route('POST /images', 201, 'Take a disk file in as an image', r.imageSchema, {
    needs: admin,
    told: ['name', 'path'],
    body: z.object({ name: nameSchema, path: z.string().describe('absolute path of the file') }),
  }),
  'image.remove': route('DELETE /images/:name', 204, 'Remove an image no guest uses', none, {
    needs: admin,
    params: byName,
  }),
  ...networkRoutes,
  'guest.list': route('GET /guests', 200, 'Guests', z.array(r.listedGuestSchema), {
    needs: viewer,
    query: guestListing,
  }),
  'guest.show': route('GET /guests/:name', 200, 'One guest', r.guestSchema, {
    needs: viewer,
    params: byName,
  }),
  'guest.create': route('POST /guests', 202, 'Create a guest and start it', op, {
    needs: operator,
    told: [
      'name',
      'image',
      'host',
      'network',
      'address',
      'allow',
      'start',
      'cpu',
      'nested',
      'vcpus',
      'memoryMiB',
      'diskGiB',
      'disks',
    ],
    body: z.object({
      name: nameSchema,
      image: nameSchema,
      host: nameSchema,
      network: nameSchema.optional(),
      address: z.ipv4().optional().describe('of the network, and free; default: the lowest free one'),
      allow: z
        .array(allowRuleSchema)
        .max(64)
        .nullable()
        .default(null)
        .describe('what may reach it; null: everything'),
      metadata: guestMetadataSchema.default(noMetadata),
      start: z.boolean().default(true),
      cpu: z.enum(cpuChoices).default('portable').describe('which CPU it is shown, for good'),
      nested: z.boolean().default(false).describe('show it the extension for guests of its own'),
      ...guestSize,
      disks: diskWishesSchema.default([]).describe('beside the root disk; empty ones'),
    }),
  }),
  'guest.start': route('POST /guests/:name/start', 202, 'Start a guest', op, {
    needs: operator,
    params: byName,
  }),
  'guest.stop': route('POST /guests/:name/stop', 202, 'Shut a guest down', op, {
    needs: operator,
    told: ['force', 'timeoutMs'],
    params: byName,
    body: z.object({ force: z.boolean().default(false), timeoutMs: z.int().min(0).default(60_000) }),
  }),
  'guest.remove': route('DELETE /guests/:name', 202, 'Remove a guest and its disk', op, {
    needs: operator,
    params: byName,
    query: z.object({ force: z.stringbool().default(false) }),
  }),
  ...diskRoutes,
  ...migrateRoutes,
  ...proofRoutes,
  ...auditRoutes,
  ...tokenRoutes,
  ...sessionRoutes,
  ...metricsRoutes,
  'op.list': route('GET /operations', 200, 'Operations, newest first', z.array(op), {
    needs: viewer,
    query: operationListing,
  }),
  'op.show': route('GET /operations/:id', 200, 'One operation', op, {
    needs: viewer,
    params: z.object({ id: z.string() }),
    query: z.object({
      since: z.coerce.number().int().optional().describe('answer when the version is above this'),
      waitMs: z.coerce.number().int().min(0).max(60_000).default(0),
    }),
  }),
  'op.cancel': route('POST /operations/:id/cancel', 202, 'Ask an operation to stop', op, {
    needs: operator,
    params: z.object({ id: z.string() }),
  }),
  'op.resume': route('POST /operations/:id/resume', 202, 'Take up an operation that needs attention', op, {
    needs: operator,
    params: z.object({ id: z.string() }),
  }),
  'op.cleanup': route('POST /operations/:id/cleanup', 200, 'Remove what a migration left on a host', op, {
    needs: operator,
    params: z.object({ id: z.string() }),
  }),
} as const;

export type Api = typeof api;
export type RouteName = keyof Api;
/** What a caller may leave out is optional here. */
export type RouteInput<N extends RouteName> = {
  params?: z.input<Api[N]['params']>;
  query?: z.input<Api[N]['query']>;
  body?: z.input<Api[N]['body']>;
};
export type RouteParsed<N extends RouteName> = {
  params: z.output<Api[N]['params']>;
  query: z.output<Api[N]['query']>;
  body: z.output<Api[N]['body']>;
};
export type RouteResult<N extends RouteName> = z.output<Api[N]['response']>;

/** WebSocket path of a guest's serial console: binary frames both ways. */
export const consoleRoute = (guest: string): string => `/${apiVersion}/guests/${guest}/console`;
export const openApiPath = '/openapi.json';

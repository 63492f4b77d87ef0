/** Guest networks, the tunnels below them, and how guests on them are reached. */
import { z } from 'zod';
import { admin, operator, viewer } from '../access.ts';
import { problemSchema } from '../errors.ts';
import { nameSchema } from '../names.ts';
import { allowRuleSchema, mtuSchema, portSchema, publishedPortSchema } from '../network.ts';
import * as r from '../resources.ts';
import { byName, route } from './route.ts';

/** A way between two hosts. `relayed` is through `via`; `pending`: too young to tell. */
export const tunnelSchema = z.object({
  hosts: z.tuple([nameSchema, nameSchema]),
  state: z.enum(['direct', 'relayed', 'broken', 'pending']),
  via: nameSchema.nullable(),
  /** The older of the two ends' last handshakes on the direct way. */
  handshakeSecondsAgo: z.number().nullable(),
  /** Bytes that passed on the direct way, both ends' counts together. */
  bytes: z.number(),
});
export type Tunnel = z.infer<typeof tunnelSchema>;

export const tunnelsSchema = z.object({
  /** Largest packet in the tunnels, bytes. */
  mtu: mtuSchema,
  tunnels: z.array(tunnelSchema),
  /** Hosts that were not asked, and why. */
  silent: z.array(z.object({ host: nameSchema, why: z.string() })),
  /** Networks whose frames no longer fit whole. */
  warnings: z.array(problemSchema),
});
export type Tunnels = z.infer<typeof tunnelsSchema>;

/** A guest after a change of how it is reached. `warnings`: hosts where the change is not in force yet. */
export const reachedGuestSchema = r.guestSchema.extend({ warnings: z.array(problemSchema) });
export type ReachedGuest = z.infer<typeof reachedGuestSchema>;

const warnings = z.array(problemSchema);

/** A network after a change. `warnings`: hosts where the change is not in force yet. */
export const changedNetworkSchema = r.networkSchema.extend({ warnings });
export type ChangedNetwork = z.infer<typeof changedNetworkSchema>;

const peer = z.object({ name: nameSchema, other: nameSchema });
const egress = nameSchema
  .nullable()
  .describe('host through which all its guests reach the world; null: each through its own');

export const networkRoutes = {
  'network.list': route('GET /networks', 200, 'Guest networks', z.array(r.networkSchema), { needs: viewer }),
  'network.show': route('GET /networks/:name', 200, 'One guest network', r.networkSchema, {
    needs: viewer,
    params: byName,
  }),
  'network.create': route('POST /networks', 201, 'Create a guest network', changedNetworkSchema, {
    needs: operator,
    told: ['name', 'subnet', 'subnet6', 'isolated', 'egress', 'mtu'],
    body: z.object({
      name: nameSchema,
      subnet: z.cidrv4(),
      subnet6: z.cidrv6().optional(),
      isolated: z.boolean().default(false).describe('its guests do not reach the world'),
      egress: egress.default(null),
      mtu: mtuSchema.optional().describe("bytes; default: the tunnels', less VXLAN's 50"),
    }),
  }),
  'network.remove': route(
    'DELETE /networks/:name',
    200,
    'Remove a network no guest uses',
    z.object({ warnings }),
    { needs: operator, params: byName },
  ),
  'network.egress': route(
    'PUT /networks/:name/egress',
    200,
    'Choose the host through which a network reaches the world',
    changedNetworkSchema,
    { needs: operator, told: ['host'], params: byName, body: z.object({ host: egress }) },
  ),
  'network.connect': route(
    'PUT /networks/:name/connected/:other',
    200,
    "Let two networks' guests reach each other",
    changedNetworkSchema,
    { needs: operator, params: peer },
  ),
  'network.disconnect': route(
    'DELETE /networks/:name/connected/:other',
    200,
    'Part two networks again',
    changedNetworkSchema,
    { needs: operator, params: peer },
  ),
  'tunnel.list': route('GET /tunnels', 200, 'Ways between hosts, asked of them now', tunnelsSchema, {
    needs: viewer,
  }),
  'host.rotate-key': route(
    'POST /hosts/:name/rotate-key',
    200,
    'Give a host a new key for its tunnels',
    r.hostSchema,
    { needs: admin, params: byName },
  ),
  'guest.firewall': route(
    'PUT /guests/:name/firewall',
    200,
    'Say what may reach a guest',
    reachedGuestSchema,
    {
      needs: operator,
      told: ['allow'],
      params: byName,
      body: z.object({ allow: z.array(allowRuleSchema).max(64).nullable().describe('null: everything') }),
    },
  ),
  'guest.publish': route(
    'POST /guests/:name/published',
    201,
    "Put a guest's port on hosts",
    reachedGuestSchema,
    {
      needs: operator,
      told: ['protocol', 'port', 'toPort', 'hosts'],
      params: byName,
      body: publishedPortSchema.extend({ hosts: publishedPortSchema.shape.hosts.default(null) }),
    },
  ),
  'guest.unpublish': route(
    'DELETE /guests/:name/published/:protocol/:port',
    200,
    'Take a published port back',
    reachedGuestSchema,
    {
      needs: operator,
      params: byName.extend({ protocol: z.enum(['tcp', 'udp']), port: z.coerce.number().pipe(portSchema) }),
    },
  ),
} as const;

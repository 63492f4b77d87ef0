/** Hosts: made, read, proven, removed. */
import { z } from 'zod';
import { admin, operator, viewer } from '../access.ts';
import { hostFactsSchema } from '../host-facts.ts';
import { hostListing } from '../listing.ts';
import { nameSchema } from '../names.ts';
import * as r from '../resources.ts';
import { byName, route } from './route.ts';

export const sshAccessSchema = z.object({
  host: z.string(),
  port: z.int(),
  user: z.string(),
  identityFile: z.string(),
  knownHostsFile: z.string(),
});
export type SshAccess = z.infer<typeof sshAccessSchema>;

const op = r.operationSchema;

export const hostRoutes = {
  'host.list': route('GET /hosts', 200, 'Hosts', z.array(r.hostSchema), {
    needs: viewer,
    query: hostListing,
  }),
  'host.show': route('GET /hosts/:name', 200, 'One host', r.hostSchema, { needs: viewer, params: byName }),
  'host.provision': route('POST /hosts', 202, 'Make a cloud VM and turn it into a host', op, {
    needs: admin,
    told: ['name', 'cloud', 'image', 'machine', 'vcpus', 'memoryMiB', 'diskGiB', 'driver'],
    body: z.object({
      name: nameSchema,
      cloud: nameSchema,
      image: z
        .string()
        .optional()
        .describe('path of a bootable image on the machine of control, where VMs are made'),
      machine: nameSchema
        .optional()
        .describe('which of the machines that a cloud of type ssh lends; default: name'),
      // One: on two, QEMU 7.2's emulator now and then kills the kernel of a local cloud's host (int3 oops).
      vcpus: z.int().min(1).max(64).default(1),
      memoryMiB: z.int().min(512).max(1048576).default(1536),
      diskGiB: z.int().min(2).max(16384).default(8),
      driver: z.string().optional().describe('use this driver whatever the facts say'),
      bootTimeoutMs: z.int().min(1_000).default(600_000).describe('until it lets control in over SSH'),
    }),
  }),
  'host.remove': route('DELETE /hosts/:name', 202, 'Take a host down', op, {
    needs: admin,
    params: byName,
    query: z.object({
      force: z
        .stringbool()
        .default(false)
        .describe(
          'also when a guest may have come to run on it, or its machine can no longer be reached to be cleaned',
        ),
    }),
  }),
  'host.probe': route('POST /hosts/:name/probe', 202, 'Boot the probe guest with each engine', op, {
    needs: operator,
    params: byName,
  }),
  'host.facts': route(
    'GET /hosts/:name/facts',
    200,
    'Readings of a host, and what the drivers make of them',
    hostFactsSchema,
    { needs: viewer, params: byName },
  ),
  'host.ssh': route('GET /hosts/:name/ssh', 200, 'How to reach a host by ssh', sshAccessSchema, {
    needs: operator,
    params: byName,
  }),
  'host.console': route(
    'GET /hosts/:name/console',
    200,
    "Last bytes of a host's serial console",
    z.object({ text: z.string() }),
    { needs: operator, params: byName },
  ),
} as const;

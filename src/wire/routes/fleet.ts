/** The fleet: what its hosts' CPUs share, and what becomes of a guest that wants more. */
import { z } from 'zod';
import { admin, viewer } from '../access.ts';
import { engineSchema, nameSchema } from '../names.ts';
import { hostStates } from '../resources.ts';
import { route } from './route.ts';

const features = z.array(z.string()).describe("libvirt's names, sorted");

const hostSchema = z.object({
  host: nameSchema,
  state: z.enum(hostStates),
  vendor: z.string(),
  model: z.string(),
  /** Asked just now; else its CPU is as it was when it could be asked last. */
  asked: z.boolean(),
  /** What the fleet would have without this host. */
  costs: features,
  /** What it has and the fleet has not. */
  beyond: features,
  /** What its CPU shows and gets wrong, so that it counts as lacking. */
  faulty: features,
});

export const fleetBaselineSchema = z.object({
  engine: engineSchema,
  /** What guests made with `--cpu baseline` get; libvirt's model, and the vendor where all hosts have the same. */
  model: z.string(),
  vendor: z.string().nullable(),
  features,
  /** Shared as well, and shown to guests only when asked for. */
  nested: features,
  hosts: z.array(hostSchema),
  /** Hosts whose CPU no one has been able to ask for yet. */
  unknown: z.array(nameSchema),
});
export type FleetBaseline = z.infer<typeof fleetBaselineSchema>;

export const policyWords = ['refuse', 'warn'] as const;

export const fleetPolicySchema = z.object({
  /** A guest whose CPU is wider than the baseline: some host could not take it. A migration is only ever warned about. */
  cpu: z.enum(policyWords).default('warn'),
  /** A guest that is to start on, or to migrate to, a host that lacks some of its features: it cannot work. */
  cpuMissing: z.enum(policyWords).default('refuse'),
});
export type FleetPolicy = z.infer<typeof fleetPolicySchema>;

const policyChange = z.object({
  cpu: z.enum(policyWords).optional(),
  cpuMissing: z.enum(policyWords).optional(),
});

export const fleetRoutes = {
  'fleet.baseline': route(
    'GET /fleet/baseline',
    200,
    "What all hosts' CPUs share, per engine",
    z.array(fleetBaselineSchema),
    { needs: viewer, query: z.object({ engine: engineSchema.optional() }) },
  ),
  'fleet.policy': route('GET /fleet/policy', 200, 'What becomes of too wide a CPU', fleetPolicySchema, {
    needs: viewer,
  }),
  'fleet.policy.set': route('PUT /fleet/policy', 200, 'Change it', fleetPolicySchema, {
    needs: admin,
    told: ['cpu', 'cpuMissing'],
    body: policyChange,
  }),
} as const;

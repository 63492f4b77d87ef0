/** Every method an agent answers: what it takes and gives. Bytes are counts, times are ms, cookies base64. */
import { z } from 'zod';
import { problemSchema } from './errors.ts';
import { guestSpecSchema, guestViewSchema } from './guest-spec.ts';
import { carriedLease, leaseSchema } from './lease.ts';
import { clockMethods } from './methods/clock.ts';
import { coldMethods } from './methods/cold.ts';
import { conformMethods } from './methods/conform.ts';
import { diskMethods } from './methods/disk.ts';
import { driverMethods, noticeSchema } from './methods/drivers.ts';
import { engineMethods, machineSchema } from './methods/engines.ts';
import { hypervisorMethods } from './methods/hypervisor.ts';
import { imageTransferMethods } from './methods/image-transfer.ts';
import { method, none } from './methods/method.ts';
import { networkMethods } from './methods/network.ts';
import { planMethods } from './methods/plan.ts';
import { migrationMethods } from './migration.ts';
import { digestSchema, nameSchema } from './names.ts';

const bytes = z.int().nonnegative();

export const agentMethods = {
  'host.status': method(
    none,
    z.object({
      agent: z.string(),
      kernel: z.string(),
      node: z.string(),
      libvirt: z.string(),
      qemu: z.string(),
      memoryTotal: bytes,
      memoryFree: bytes,
      diskFree: bytes,
      uptimeSeconds: z.number(),
      guests: z.array(guestViewSchema),
      /** `null`: an agent from before machines were told. */
      machine: machineSchema.nullable().default(null),
      /** What the cloud has announced of this host and not taken back; older agents do not listen. */
      notices: z.array(noticeSchema).default([]),
      /** What is wrong around it that Blanket leaves alone, e.g. `network.foreign-firewall`. */
      warnings: z.array(problemSchema).default([]),
    }),
  ),
  ...driverMethods,
  ...engineMethods,
  ...hypervisorMethods,
  ...conformMethods,
  ...networkMethods,
  'image.list': method(none, z.object({ images: z.array(z.object({ digest: digestSchema, bytes })) })),
  /** Checks an uploaded file against its digest and takes it in; the file is gone from uploads after. */
  'image.adopt': method(z.object({ digest: digestSchema, upload: z.string() }), none),
  ...imageTransferMethods,
  'image.remove': method(z.object({ digest: digestSchema }), none),
  /** Makes the disks (the root disk an overlay on the image) and defines the domain. Repeating it changes nothing. */
  'guest.define': method(guestSpecSchema.extend(carriedLease), none),
  'guest.start': method(z.object({ name: nameSchema, ...carriedLease }), none),
  'guest.stop': method(
    z.object({ name: nameSchema, force: z.boolean(), timeoutMs: z.int().nonnegative() }),
    none,
  ),
  /** Undefines the domain and deletes its disks; refuses while it runs, unless `force`. */
  'guest.remove': method(z.object({ name: nameSchema, force: z.boolean(), ...carriedLease }), none),
  /** What has been decided while this host was away; it hears of the guests that it knows. */
  'guest.leases': method(
    z.object({ guests: z.array(z.object({ name: nameSchema, lease: leaseSchema })) }),
    none,
  ),
  /** Control has seen the guest run where it lives, so a copy that runs here is ended; its disks stay. */
  'guest.evict': method(
    z.object({ name: nameSchema, uuid: z.uuid(), lease: leaseSchema }),
    z.object({ ended: z.boolean() }),
  ),
  /** `diskAllocated`: of all its disks here. */
  'guest.view': method(
    z.object({ name: nameSchema }),
    guestViewSchema.extend({ disk: z.boolean(), diskAllocated: bytes }),
  ),
  ...diskMethods,
  ...planMethods,
  ...clockMethods,
  ...migrationMethods,
  ...coldMethods,
} as const;

/** What every metadata service tells of, whichever cloud's way of telling it has. */
import { z } from 'zod';

export const metadataKinds = ['aws', 'gce', 'azure', 'openstack'] as const;
export type MetadataKind = (typeof metadataKinds)[number];

export const instanceSchema = z.object({
  version: z.literal(1),
  kind: z.enum(metadataKinds),
  /** The VM's UUID in its firmware; each cloud's own form of an id is made of it. */
  id: z.uuid(),
  name: z.string(),
  /** Absent when the VM was given none: that is then said in the cloud's own way. */
  userData: z.string().optional(),
  vcpus: z.int().min(1),
  memoryMiB: z.int().min(1),
  diskGiB: z.int().min(1),
  uplink: z.object({ mac: z.string(), address: z.ipv4(), prefixLength: z.int().min(1).max(32) }),
  wan: z.object({ mac: z.string(), address: z.ipv4(), prefixLength: z.int().min(1).max(32) }),
  launchedAt: z.iso.datetime(),
  /** Hex; signs what the service hands out, so that it is worth nothing to another instance. */
  secret: z.string().regex(/^[0-9a-f]{64}$/),
});
export type Instance = z.infer<typeof instanceSchema>;

export const noticeSchema = z.object({
  /** `reclaim`: a spot VM is taken away; `risk`: it may soon be; `maintenance`: the machine below needs work. */
  kind: z.enum(['reclaim', 'risk', 'maintenance']),
  id: z.uuid(),
  announcedAt: z.iso.datetime(),
  /** When it will happen. */
  at: z.iso.datetime(),
  /** The instance has said that it need not be waited for (Azure alone has this). */
  acknowledged: z.boolean().default(false),
});
export type Notice = z.infer<typeof noticeSchema>;

/** An instance as it is at one moment. */
export type Situation = {
  readonly instance: Instance;
  readonly notice: Notice | undefined;
  readonly now: Date;
};

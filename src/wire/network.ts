/** Values of guest networks that more than one wire uses. */
import { z } from 'zod';
import { nameSchema } from './names.ts';

export const portSchema = z.int().min(1).max(65535);

/** TCP, at every host: where its guests' metadata is served. */
export const metadataPort = 8775;

/**
 * What may reach a guest that has a firewall. Without `ports` all of the protocol; `icmp` means both families' and has
 * none. Without `from` from anywhere; a source is of one address family.
 */
export const allowRuleSchema = z
  .object({
    protocol: z.enum(['tcp', 'udp', 'icmp']),
    ports: z.object({ first: portSchema, last: portSchema }).optional(),
    from: z.union([z.cidrv4(), z.cidrv6()]).optional(),
  })
  .refine(({ protocol, ports }) => protocol !== 'icmp' || ports === undefined, 'icmp has no ports')
  .refine(
    ({ ports }) => ports === undefined || ports.first <= ports.last,
    'a range of ports begins with the lower',
  );
export type AllowRule = z.infer<typeof allowRuleSchema>;

/** A port of hosts behind which a guest's port stands, wherever the guest runs. `hosts`: `null` means every host. */
export const publishedPortSchema = z.object({
  protocol: z.enum(['tcp', 'udp']),
  port: portSchema,
  toPort: portSchema,
  hosts: z.array(nameSchema).nullable(),
});
export type PublishedPort = z.infer<typeof publishedPortSchema>;

/** IPv4 hosts take packets of 576 bytes (RFC 791, 3.1), IPv6 links carry 1280 (RFC 8200, 5); Ethernet's jumbo is 9216. */
export const mtuSchema = z.int().min(576).max(9216);
export const smallestMtu6 = 1280;

/** What a guest tells of itself by its metadata service. `userData` is text of any kind that cloud-init takes. */
export const guestMetadataSchema = z.object({
  sshKeys: z.array(
    z.string().regex(/^[a-z0-9@.-]+ [A-Za-z0-9+/=]+( [^\n\r]*)?$/, 'must be an OpenSSH public key'),
  ),
  userData: z.string().max(65_536).nullable(),
});
export type GuestMetadata = z.infer<typeof guestMetadataSchema>;
export const noMetadata: GuestMetadata = { sshKeys: [], userData: null };

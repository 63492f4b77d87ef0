/** Names and small values that more than one wire uses. */
import { z } from 'zod';

/** A legal host name label (RFC 1123), so that a name is one everywhere: files, units, domains, DNS. */
export const nameSchema = z
  .string()
  .regex(
    /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/,
    'must be 1 to 40 characters of a-z, 0-9 and -, begin with a letter and not end with -',
  );

export const digestSchema = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256:<64 hex digits>');
export const macSchema = z.string().regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/, 'must be a MAC address');

/** kvm: libvirt's QEMU driver with nested virtualization; tcg: the same with QEMU's emulator; xen: later. */
export const engineSchema = z.enum(['kvm', 'tcg', 'xen']);
export type EngineName = z.infer<typeof engineSchema>;

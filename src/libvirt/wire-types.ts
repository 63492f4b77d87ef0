/** The simple types that libvirt's calls share, and their bounds (libvirt's src/remote/remote_protocol.x). */
import { XdrError } from './errors.ts';
import { type Codec, fixedBytes, int32, text, uint64 } from './xdr.ts';
import { mapped, optional } from './xdr-structures.ts';

/** REMOTE_STRING_MAX, bytes. */
export const maxText = 4 * 1024 * 1024;
/** REMOTE_MIGRATE_COOKIE_MAX, bytes. */
export const maxCookie = 4 * 1024 * 1024;
/** REMOTE_DOMAIN_LIST_MAX. */
export const maxDomains = 16_384;

export const string = text(maxText);
export const optionalString = optional(string);

const uuidPattern = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

function uuidBytes(value: string): Uint8Array {
  if (!uuidPattern.test(value)) throw new XdrError(`"${value}" is not a UUID.`);
  return Buffer.from(value.replaceAll('-', ''), 'hex');
}

function uuidText(value: Uint8Array): string {
  const hex = Buffer.from(value).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** 16 bytes; as text in the usual form, in lower case. */
export const uuid: Codec<string> = mapped(fixedBytes(16), uuidBytes, uuidText);

/** An unsigned 64-bit quantity as a number: exact up to 2^53, which neither bytes nor milliseconds get near. */
export const quantity: Codec<number> = mapped(
  uint64,
  (value: number) => {
    if (!Number.isSafeInteger(value) || value < 0) throw new XdrError(`${value} is not a whole quantity.`);
    return BigInt(value);
  },
  Number,
);

/** A truth value that travels as an int, unlike XDR's own: whatever is not 0 is true. */
export const flag: Codec<boolean> = mapped(
  int32,
  (value: boolean) => (value ? 1 : 0),
  (value) => value !== 0,
);

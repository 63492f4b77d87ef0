/**
 * Readings of a host without what tells whose host it is, in the same shape, so that drivers still recognise it:
 *
 *   UUIDs, serial numbers    digits and letters made equal, but for a prefix that a cloud is recognised by
 *   asset tags               kept where a driver's evidence quotes them, else as above
 *   MAC addresses            the maker's half kept, the rest numbered; equal ones stay equal
 *   IP addresses             numbered ones that are set aside for documentation (RFC 5737, RFC 3849)
 */
import type { HostFacts, Readings } from '../wire/host-facts.ts';

export function anonymousReadings({ facts, verdicts }: HostFacts): Readings {
  const quoted = verdicts.flatMap(({ evidence }) => evidence).join('\n');
  const { sysUuid } = facts.hypervisor;
  return {
    ...facts,
    hypervisor: { ...facts.hypervisor, ...(sysUuid !== undefined && { sysUuid: anonymousUuid(sysUuid) }) },
    dmi: anonymousDmi(facts.dmi, quoted),
    nics: anonymousNics(facts.nics),
  };
}

function anonymousDmi(dmi: Readings['dmi'], quoted: string): Readings['dmi'] {
  const rewrite = (field: string, value: string): string => {
    if (field === 'product_uuid') return anonymousUuid(value);
    if (field.endsWith('serial')) return anonymousSerial(value);
    if (!field.endsWith('asset_tag') || (value !== '' && quoted.includes(`"${value}"`))) return value;
    return anonymousSerial(value);
  };
  return Object.fromEntries(Object.entries(dmi).map(([field, value]) => [field, rewrite(field, value)]));
}

/** AWS's prefix, with its bytes as they are or swapped; and the UUID of only zeros, which means dom0. */
const uuidPrefix = /^(?:ec2|[0-9a-f]{4}2[0-9a-f]ec)/i;
const isUuid = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

function anonymousUuid(uuid: string): string {
  if (/^[0-]*$/.test(uuid)) return uuid;
  const kept = uuidPrefix.exec(uuid)?.[0] ?? '';
  // Of the swapped form, only the places that hold `2` and `ec` are told.
  const prefix = kept.length > 3 ? `111121${kept.slice(6)}` : kept;
  return prefix + uuid.slice(prefix.length).replace(/[0-9a-f]/gi, '1');
}

const serialPrefix = /^(?:GoogleCloud-|VMware-|i-)/;

function anonymousSerial(serial: string): string {
  if (isUuid(serial)) return anonymousUuid(serial);
  const prefix = serialPrefix.exec(serial)?.[0] ?? '';
  const rest = serial.slice(prefix.length);
  if (prefix === '' && !/\d/.test(rest)) return serial; // "None", "Not Specified", "Amazon EC2" name nobody
  return prefix + rest.replace(/\d/g, '1').replace(/[A-Za-z]/g, 'x');
}

/** Each new value gets the next number, an old one the number it had. */
const numbering = (): ((value: string) => number) => {
  const known = new Map<string, number>();
  return (value) => {
    const number = known.get(value) ?? known.size + 1;
    known.set(value, number);
    return number;
  };
};

function anonymousNics(nics: Readings['nics']): Readings['nics'] {
  const macNumber = numbering();
  const addressNumber = numbering();
  return nics.map((nic) => {
    const mac = nic.mac.replace(/(?<=^(?:[0-9a-f]{2}:){3})(?:[0-9a-f]{2}:){2}[0-9a-f]{2}$/i, () =>
      hexPairs(macNumber(nic.mac.toLowerCase())),
    );
    const addresses = nic.addresses.map((address) => anonymousAddress(address, addressNumber));
    return {
      ...nic,
      mac,
      addresses,
      name: nic.name.replace(/^enx[0-9a-f]{12}$/, `enx${mac.replaceAll(':', '')}`),
    };
  });
}

const hexPairs = (number: number): string =>
  [number >> 16, number >> 8, number].map((part) => (part & 0xff).toString(16).padStart(2, '0')).join(':');

function anonymousAddress(address: string, numberOf: (value: string) => number): string {
  const [ip = '', prefix] = address.split('/');
  const number = numberOf(ip.toLowerCase());
  const made = ip.includes(':')
    ? `${/^fe80:/i.test(ip) ? 'fe80' : '2001:db8'}::${number.toString(16)}`
    : `192.0.2.${number % 256}`;
  return prefix === undefined ? made : `${made}/${prefix}`;
}

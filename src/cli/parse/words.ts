/** Names, counts and ports as a person types them. */
import { isIPv4 } from 'node:net';
import { InvalidArgumentError } from 'commander';
import { nameSchema } from '../../wire/names.ts';

/** A name that control would accept, so that a slip is told before anything is asked. */
export function parseName(text: string): string {
  const parsed = nameSchema.safeParse(text);
  if (parsed.success) return text;
  throw new InvalidArgumentError(`A name ${parsed.error.issues[0]?.message ?? 'must be a host name'}.`);
}

/** A whole number of at least one. */
export function parseCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number of at least 1.');
}

/** `LOCAL:REMOTE` or `REMOTE`; `local` 0 means any free port. */
export function parsePorts(text: string): { local: number; remote: number } {
  const [first, second, ...more] = text.split(':');
  if (first === undefined || more.length > 0) throw new InvalidArgumentError('Write it like 8080:80 or 80.');
  return second === undefined
    ? { local: 0, remote: port(first, 1) }
    : { local: port(first, 0), remote: port(second, 1) };
}

function port(text: string, least: number, example = '8080:80 or 80'): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= 65_535) return value;
  throw new InvalidArgumentError(`\`${text}\` is not a TCP port; write it like ${example}.`);
}

export function parseAddress(text: string): string {
  if (isIPv4(text)) return text;
  throw new InvalidArgumentError('It must be an IPv4 address, like 10.77.0.20.');
}

export const parsePort = (text: string): number => port(text, 1, '22');

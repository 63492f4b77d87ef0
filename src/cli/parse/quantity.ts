/**
 * Sizes, bandwidths, durations and percentages as a person types them. A number without a unit is refused,
 * since guessing the unit is how a guest gets 128 bytes of memory.
 */
import { InvalidArgumentError } from 'commander';

const kibi = 1024;
const powers = ['', 'k', 'm', 'g', 't'] as const;

/** `M` and `MiB` are 2^20 bytes, as QEMU and libvirt have it; `MB` is 10^6. */
const sizeUnits = new Map<string, number>([
  ['b', 1],
  ...powers.slice(1).flatMap((letter, index): [string, number][] => [
    [letter, kibi ** (index + 1)],
    [`${letter}ib`, kibi ** (index + 1)],
    [`${letter}b`, 1000 ** (index + 1)],
  ]),
]);

/** Network units: a bare `M` is left out because it reads as bits to some and as bytes to others. */
const rateUnits = new Map<string, number>([
  ...powers.flatMap((letter, index): [string, number][] => [
    [`${letter}b`, 1000 ** index],
    [`${letter}bit`, 1000 ** index / 8],
  ]),
  ...powers.slice(1).map((letter, index): [string, number] => [`${letter}ib`, kibi ** (index + 1)]),
]);

const timeUnits = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['min', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

function quantity(text: string, units: ReadonlyMap<string, number>, example: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z%]*)\s*$/i.exec(text);
  const [, digits, unit] = match ?? [];
  if (digits === undefined) throw new InvalidArgumentError(`Write it like ${example}.`);
  const factor = units.get((unit ?? '').toLowerCase());
  if (factor !== undefined) return Number(digits) * factor;
  if (unit === '') throw new InvalidArgumentError(`It needs a unit, like ${example}.`);
  throw new InvalidArgumentError(`Its unit \`${unit}\` is not known here; write it like ${example}.`);
}

/** Bytes. */
export const parseSize = (text: string): number => Math.round(quantity(text, sizeUnits, '128M or 1G'));

function whole(text: string, unit: number, unitName: string, example: string): number {
  const bytes = quantity(text, sizeUnits, example);
  if (bytes % unit === 0 && bytes > 0) return bytes / unit;
  throw new InvalidArgumentError(`It must be a whole number of ${unitName}, like ${example}.`);
}

/** MiB. */
export const parseMemory = (text: string): number => whole(text, kibi ** 2, 'MiB', '128M or 1G');

/** GiB. */
export const parseDisk = (text: string): number => whole(text, kibi ** 3, 'GiB', '1G or 8G');

/** Bytes a second. */
export function parseBandwidth(text: string): number {
  const example = '25MB (megabytes a second) or 200Mbit';
  const value = Math.round(quantity(text.replace(/(\/|p)s$/i, ''), rateUnits, example));
  if (value > 0) return value;
  throw new InvalidArgumentError(`It must be more than nothing, like ${example}.`);
}

/** Milliseconds, possibly with a fraction. */
export const parseDuration = (text: string): number => quantity(text, timeUnits, '500ms or 60s');

/** Whole milliseconds, at least one. */
export function parseWholeMs(text: string): number {
  const ms = Math.round(parseDuration(text));
  if (ms >= 1) return ms;
  throw new InvalidArgumentError('It must be at least 1ms.');
}

/** A share between 0 and 1. */
export function parsePercent(text: string): number {
  const value = quantity(text, new Map([['%', 1]]), '0.5%');
  if (value <= 100) return value / 100;
  throw new InvalidArgumentError('It must be between 0% and 100%.');
}

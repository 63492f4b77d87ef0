/** A time in the past, as a person says it. */
import { InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { parseDuration } from './quantity.ts';

const timeSchema = z.union([z.iso.datetime({ offset: true, local: true }), z.iso.date()]);

/** `2d`, or `2026-01-02`, or `2026-01-02T03:04:05Z`; as an ISO time in UTC. */
export function parseSince(text: string, now: number = Date.now()): string {
  if (timeSchema.safeParse(text).success) return new Date(text).toISOString();
  if (!/^\s*\d/.test(text)) throw new InvalidArgumentError('Write it like 2d or 2026-01-02T03:04:05Z.');
  return new Date(now - parseDuration(text)).toISOString();
}

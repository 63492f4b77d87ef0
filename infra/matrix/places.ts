/** A cloud and a host of each profile, made two at a time: that is what two processors boot best. */
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { hostSchema } from '../../src/wire/resources.ts';
import type { Seat } from '../demo/blanket.ts';
import type { Place } from './page.ts';

const profiles = new URL('../profiles/', import.meta.url);
const hardwareSchema = z.object({ disk: z.string(), nic: z.string() });
const atOnce = 2;
const provisionMs = 20 * 60_000;

/** Those in `infra/profiles`, or the ones of them that `wanted` names, separated by commas. @throws Error for an unknown one */
export async function chooseProfiles(wanted: string | undefined): Promise<string[]> {
  const files = await readdir(fileURLToPath(profiles));
  const known = files.filter((file) => file.endsWith('.yaml')).map((file) => file.slice(0, -'.yaml'.length));
  if (wanted === undefined || wanted === '') return known.sort();
  const chosen = wanted.split(',').map((name) => name.trim());
  const strange = chosen.find((name) => !known.includes(name));
  if (strange !== undefined)
    throw new Error(`There is no profile "${strange}"; known are ${known.join(', ')}.`);
  return chosen;
}

export const hostOf = (profile: string): string => `${profile}-a`;

/** @param cloud its name; by default that of the profile */
export async function addProfileCloud({ blanket }: Seat, profile: string, cloud = profile): Promise<void> {
  await blanket(['cloud', 'add', cloud, '--type', 'local', '--profile', profile]);
}

/** From nothing to a host that is ready. @param image path of the host image */
export async function makePlace(seat: Seat, profile: string, image: string): Promise<Place> {
  const host = hostOf(profile);
  const args = ['host', 'provision', host, '--cloud', profile, '--image', image];
  await seat.blanket(args, { label: host, limitMs: provisionMs });
  return await describePlace(seat, profile, host);
}

async function describePlace({ blanket }: Seat, profile: string, host: string): Promise<Place> {
  const shown = hostSchema.parse(
    JSON.parse(await blanket(['host', 'show', host, '-o', 'json'], { quiet: true })),
  );
  const { disk, nic } = hardwareSchema.parse(
    parse(await readFile(new URL(`${profile}.yaml`, profiles), 'utf8')),
  );
  const { driver, engine, engineScore } = shown;
  return { profile, host, driver: driver ?? 'none', engine: engine ?? 'none', score: engineScore, disk, nic };
}

/** Does `work` for each, a few at a time, and gives the results in order. Rejects with the first error once all have ended. */
export async function fewAtOnce<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = [...items.entries()];
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      results[next[0]] = await work(next[1]);
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: atOnce }, worker));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return results;
}

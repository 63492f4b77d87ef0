/**
 * Which host has which machine of an ssh cloud: `<state>/clouds/<cloud>/<host>.json`. The id is written on the machine too
 * (`/var/lib/blanket/lease`), so that two controls, or two clouds that name the same machine, do not both take it.
 */
import { randomUUID } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson, writeJson } from '../../../infra/wan/durable-file.ts';
import { nameSchema } from '../../wire/names.ts';
import type { SshContext } from './ssh-config.ts';

const leaseSchema = z.object({ version: z.literal(1), id: z.uuid(), host: nameSchema, machine: nameSchema });
export type Lease = z.infer<typeof leaseSchema>;

export const leaseDirectory = ({ paths, cloud }: SshContext): string => join(paths.state, 'clouds', cloud);
const fileOf = (context: SshContext, host: string): string => join(leaseDirectory(context), `${host}.json`);

export const newLease = (host: string, machine: string): Lease => ({
  ...{ version: 1, id: randomUUID(), host, machine },
});

export const findLease = (context: SshContext, host: string): Promise<Lease | undefined> =>
  readJson(fileOf(context, host), leaseSchema);

export const keepLease = (context: SshContext, lease: Lease): Promise<void> =>
  writeJson(fileOf(context, lease.host), lease);

export const endLease = (context: SshContext, host: string): Promise<void> =>
  rm(fileOf(context, host), { force: true });

export async function listLeases(context: SshContext): Promise<Lease[]> {
  const leases = await Promise.all((await hostsWithLease(context)).map((host) => findLease(context, host)));
  return leases.filter((lease) => lease !== undefined);
}

async function hostsWithLease(context: SshContext): Promise<string[]> {
  try {
    const names = await readdir(leaseDirectory(context));
    return names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

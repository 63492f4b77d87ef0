/**
 * Google: the metadata server, which wants the header `Metadata-Flavor: Google` and shows itself by the same. Values
 * are those of Compute Engine's documentation, "Query metadata server for maintenance event notices" and "Preemptible".
 */
import { z } from 'zod';
import type { Notice } from '../../wire/methods/drivers.ts';
import { type Ask, textOf } from './metadata.ts';

const base = '/computeMetadata/v1/instance';
const headers = { 'metadata-flavor': 'Google' };

/** A word, and never a page of HTML. */
const eventSchema = z.string().regex(/^[A-Z_]*$/);
const preemptedSchema = z.enum(['TRUE', 'FALSE']);

async function read(ask: Ask, path: string): Promise<string | undefined> {
  const answer = await ask(path, { headers });
  if (answer.headers['metadata-flavor'] !== 'Google')
    throw new Error(`${path} is not answered by Google's server`);
  return textOf(path, answer);
}

function eventNotice(event: string): Notice[] {
  switch (event) {
    case '':
    case 'NONE':
      return [];
    case 'MIGRATE_ON_HOST_MAINTENANCE':
      return [{ kind: 'maintenance', detail: 'Google moves this host to another machine while it runs' }];
    case 'TERMINATE_ON_HOST_MAINTENANCE':
      return [{ kind: 'reboot', detail: 'Google stops this host for maintenance' }];
    default:
      return [{ kind: 'maintenance', detail: `Google: ${event}` }];
  }
}

export async function gceNotices(ask: Ask): Promise<Notice[]> {
  const event = eventSchema.parse((await read(ask, `${base}/maintenance-event`)) ?? 'NONE');
  const preempted = preemptedSchema.parse((await read(ask, `${base}/preempted`)) ?? 'FALSE');
  const reclaim: Notice[] =
    preempted === 'TRUE'
      ? [{ kind: 'reclaim', detail: 'Google takes this spot VM back within seconds' }]
      : [];
  return [...reclaim, ...eventNotice(event)];
}

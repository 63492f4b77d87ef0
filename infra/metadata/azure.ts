/**
 * Azure's instance metadata service.
 *
 *   GET  /metadata/versions                        no api-version needed
 *   GET  /metadata/instance[/…]?api-version=…      JSON; a single value with format=text
 *   GET  /metadata/scheduledevents?api-version=…
 *   POST the same, {"StartRequests": [{"EventId": …}]}: the instance need not be waited for
 *
 * "Azure Instance Metadata Service": `Metadata: true` has to be sent and X-Forwarded-For must not be, 400 answers both
 * mistakes; an api-version that is missing or unknown gets 400 with the newest ones. "Scheduled Events for Linux VMs".
 *
 * No profile of the local cloud is a VM of Azure's: those have their disks and cards on VMBus, which QEMU cannot
 * play. A profile can still have this service beside its seed, with `metadata: azure`.
 */
import { z } from 'zod';
import { eventsDocument, instanceDocument } from './azure-document.ts';
import type { Situation } from './instance.ts';
import { at, type Json, type MetadataRequest, type MetadataResponse, reply } from './message.ts';

const versions = ['2017-08-01', '2019-08-01', '2020-07-01', '2021-01-01', '2021-02-01', '2021-12-13'];
const newest = versions.slice(-3).reverse();

const startSchema = z.object({ StartRequests: z.array(z.object({ EventId: z.string() })).min(1) });

export function azure(request: MetadataRequest, situation: Situation): MetadataResponse {
  const { headers, path, method, query } = request;
  if (headers['x-forwarded-for'] !== undefined)
    return failure(400, 'Bad request. X-Forwarded-For is not allowed.');
  if (headers.metadata !== 'true') {
    return failure(400, 'Bad request. Required metadata header not specified');
  }
  const isEvents = path === '/metadata/scheduledevents';
  if (method !== 'GET' && !(isEvents && method === 'POST')) return failure(405, 'Method not allowed');
  if (path === '/metadata/versions') return json({ apiVersions: versions });
  if (!isEvents && path !== '/metadata/instance' && !path.startsWith('/metadata/instance/')) {
    return failure(404, 'Not found');
  }
  if (!versions.includes(query.get('api-version') ?? '')) return badVersion();
  if (isEvents) return method === 'POST' ? acknowledge(request, situation) : json(eventsDocument(situation));
  return read(request, situation);
}

function read({ path, query }: MetadataRequest, situation: Situation): MetadataResponse {
  const names = path.slice('/metadata/instance'.length).split('/');
  const found = at(instanceDocument(situation), names);
  if (found === undefined) return failure(404, 'Not found');
  const format = query.get('format') ?? 'json';
  if (format === 'json' && typeof found === 'object') return json(found);
  if (format === 'text') return reply(200, 'text/plain; charset=utf-8', show(found));
  return failure(
    400,
    'Bad request. The requested format is not available: say format=text for a single value.',
  );
}

const show = (found: Json): string =>
  typeof found !== 'object'
    ? String(found)
    : Object.entries(found)
        .map(([name, value]) => `${name}${typeof value === 'object' ? '/' : ''}\n`)
        .join('');

function acknowledge({ body }: MetadataRequest, { notice }: Situation): MetadataResponse {
  const asked = startSchema.safeParse(parse(body));
  if (!asked.success) return failure(400, 'Bad request. The body has no StartRequests.');
  const ids = asked.data.StartRequests.map(({ EventId }) => EventId.toLowerCase());
  const id = notice?.kind === 'risk' ? undefined : notice?.id.toLowerCase();
  if (notice === undefined || ids.some((one) => one !== id)) {
    return failure(400, 'Bad request. There is no such event.');
  }
  return { ...reply(200, 'application/json; charset=utf-8', ''), notice: { ...notice, acknowledged: true } };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined; // the schema then refuses it
  }
}

const badVersion = (): MetadataResponse =>
  json(
    {
      error: 'Bad request. api-version is invalid or was not specified in the request.',
      'newest-versions': newest,
    },
    400,
  );

const failure = (status: number, error: string): MetadataResponse => json({ error }, status);

const json = (value: unknown, status = 200): MetadataResponse =>
  reply(status, 'application/json; charset=utf-8', JSON.stringify(value), { server: 'IMDS/150.870.65.1854' });

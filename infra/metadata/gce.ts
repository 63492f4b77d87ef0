/**
 * GCE's metadata server, version 1.
 *
 *   GET /computeMetadata/v1/<path>?alt=json|text&recursive=true&wait_for_change=true&last_etag=…&timeout_sec=…
 *
 * Compute Engine, "View and query VM metadata": `Metadata-Flavor: Google` has to be sent and comes back with each
 * answer; a request that came through a proxy (X-Forwarded-For) is refused; folders are listed with a slash at the
 * end of the path, and without one redirected there; `recursive` gives JSON unless text is asked for; a wait ends
 * when what is asked for differs from `last_etag`, or after `timeout_sec`, then with what there is.
 */
import { createHash } from 'node:crypto';
import { gceTree } from './gce-tree.ts';
import type { Situation } from './instance.ts';
import { at, type Json, type MetadataRequest, type MetadataResponse, reply, type Wait } from './message.ts';

const root = '/computeMetadata/v1';
const flavor = { 'metadata-flavor': 'Google', server: 'Metadata Server for VM' };
/** The original waits without end; nobody here has to wait longer than an hour for an answer. */
const maxWaitSeconds = 3_600;

export function gce(request: MetadataRequest, situation: Situation): MetadataResponse | Wait {
  if (request.headers['x-forwarded-for'] !== undefined) return failure(403, 'Forbidden');
  if (request.path === '/') return answer('text', '0.1/\ncomputeMetadata/\n');
  if (request.headers['metadata-flavor'] !== 'Google') {
    return failure(403, 'Missing Metadata-Flavor:Google header.');
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') return failure(405, 'Method Not Allowed');
  if (request.path === '/computeMetadata' || request.path === '/computeMetadata/') {
    return answer('text', 'v1/\n');
  }
  if (request.path !== root && !request.path.startsWith(`${root}/`)) return failure(404, 'Not Found');
  return read(request, situation);
}

function read(request: MetadataRequest, situation: Situation): MetadataResponse | Wait {
  const { path, query } = request;
  const found = find(gceTree(situation), path.slice(root.length));
  if (found === undefined) return failure(404, 'Not Found');
  const folder = typeof found === 'object';
  if (folder && !path.endsWith('/')) return reply(301, 'text/html', '', { ...flavor, location: `${path}/` });
  const answered = show(found, query, path);
  return isTrue(query.get('wait_for_change')) ? waitFor(request, answered) : answered;
}

function waitFor(request: MetadataRequest, current: MetadataResponse): Wait | MetadataResponse {
  const given = request.query.get('timeout_sec') ?? String(maxWaitSeconds);
  if (!/^\d{1,9}$/.test(given)) return failure(400, 'Invalid timeout_sec.');
  const etag = current.headers.etag ?? '';
  const last = request.query.get('last_etag') ?? etag;
  if (last !== etag || Number(given) === 0) return current;
  const again = new URLSearchParams(request.query);
  again.set('last_etag', etag);
  const atLast = new URLSearchParams(request.query);
  atLast.delete('wait_for_change');
  return {
    waitMs: Math.min(Number(given), maxWaitSeconds) * 1_000,
    again: { ...request, query: again },
    atLast: { ...request, query: atLast },
  };
}

function show(found: Json, query: URLSearchParams, path: string): MetadataResponse {
  const recursive = isTrue(query.get('recursive'));
  const alt = query.get('alt') ?? (recursive && typeof found === 'object' ? 'json' : 'text');
  if (alt === 'json') return answer('json', JSON.stringify(found));
  if (alt !== 'text') return failure(400, `Invalid alt: ${alt}.`);
  if (typeof found !== 'object') return answer('text', String(found));
  return answer('text', recursive ? lines(found, '') : list(found, path));
}

/** Paths are written with hyphens, the JSON with capitals; a user's attributes are as the user wrote them. */
function find(tree: Json, path: string): Json | undefined {
  const names = path.split('/');
  const free = names.indexOf('attributes');
  const keys = names.map((name, index) => (free !== -1 && index > free ? name : camel(name)));
  const found = at(tree, keys);
  return typeof found !== 'object' && path.endsWith('/') ? undefined : found;
}

function list(folder: object, path: string): string {
  const literal = path.endsWith('/attributes/');
  return Object.entries(folder)
    .map(([name, value]) => `${literal ? name : kebab(name)}${typeof value === 'object' ? '/' : ''}\n`)
    .join('');
}

const lines = (folder: object, before: string): string =>
  Object.entries(folder)
    .map(([name, value]) =>
      typeof value === 'object'
        ? lines(value, `${before}${kebab(name)}/`)
        : `${before}${kebab(name)} ${value}\n`,
    )
    .join('');

const answer = (form: 'json' | 'text', body: string): MetadataResponse =>
  reply(200, form === 'json' ? 'application/json' : 'application/text', body, {
    ...flavor,
    etag: createHash('sha256').update(body).digest('hex').slice(0, 16),
  });

const failure = (status: number, why: string): MetadataResponse =>
  reply(
    status,
    'text/html; charset=UTF-8',
    `<!DOCTYPE html><title>Error ${status}</title><p>${why}\n`,
    flavor,
  );

const isTrue = (value: string | null): boolean => value !== null && value.toLowerCase() === 'true';
const camel = (name: string): string =>
  name.replace(/-(\w)/g, (_all, letter: string) => letter.toUpperCase());
const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/**
 * AWS's instance metadata service, version 2 only (`HttpTokens=required`, the default of today's accounts).
 *
 *   PUT /latest/api/token ──▶ token ──▶ GET /<version>/… with it
 *
 * EC2 User Guide, "Use the Instance Metadata Service to access instance metadata": the token's life is asked for in
 * a header, 1 to 21600 s, and 400 answers anything else; a PUT that came through a proxy gets 403; a GET without a good
 * token gets 401.
 */
import { makeToken, maxTokenSeconds, tokenSecondsLeft } from './aws-token.ts';
import { awsTree } from './aws-tree.ts';
import type { Situation } from './instance.ts';
import { type MetadataRequest, type MetadataResponse, reply, text } from './message.ts';
import { find, list } from './tree.ts';

const ttlHeader = 'x-aws-ec2-metadata-token-ttl-seconds';
const tokenHeader = 'x-aws-ec2-metadata-token';

/** Some of the versions that the original lists; cloud-init asks for these and takes the first it gets. */
const versions = ['1.0', '2009-04-04', '2016-09-02', '2018-09-24', '2021-03-23', 'latest'];

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Not Allowed',
};

export function aws(request: MetadataRequest, situation: Situation): MetadataResponse {
  if (request.method === 'PUT') return giveToken(request, situation);
  if (request.method !== 'GET' && request.method !== 'HEAD') return failure(405);
  const token = request.headers[tokenHeader];
  const left = token === undefined ? 0 : tokenSecondsLeft(situation.instance, token, situation.now);
  return left === 0 ? failure(401) : read(request.path, situation);
}

function giveToken({ path, headers }: MetadataRequest, { instance, now }: Situation): MetadataResponse {
  if (headers['x-forwarded-for'] !== undefined) return failure(403);
  if (path !== '/latest/api/token') return failure(405);
  const wanted = headers[ttlHeader] ?? '';
  const seconds = /^\d{1,5}$/.test(wanted) ? Number(wanted) : 0;
  if (seconds < 1 || seconds > maxTokenSeconds) return failure(400);
  return reply(200, 'text/plain', makeToken(instance, seconds, now), { [ttlHeader]: String(seconds) });
}

function read(path: string, situation: Situation): MetadataResponse {
  const [, version = '', ...rest] = path.split('/');
  if (version === '') return rest.length === 0 ? text(versions.join('\n')) : failure(404);
  const found = versions.includes(version) ? find(awsTree(situation), rest.join('/')) : undefined;
  if (found === undefined) return failure(404);
  return text(typeof found === 'string' ? found : list(found));
}

const failure = (status: number): MetadataResponse =>
  reply(
    status,
    'text/html',
    `<html><head><title>${status} - ${reasons[status]}</title></head><body><h1>${status} - ${reasons[status]}</h1></body></html>\n`,
  );

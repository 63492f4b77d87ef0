/**
 * What one request is answered, by nothing but itself and who sent it.
 *
 *   PUT  /latest/api/token                       a token (IMDSv2)
 *   GET  /  /<version>/  …/meta-data/…           as EC2
 *   GET  /nocloud/…                              as a folder of cloud-init's NoCloud
 *
 * A token is never needed, since NoCloud knows none; one that is sent must be good. Status codes are EC2's (EC2 User Guide,
 * "Use the Instance Metadata Service": 400 for a bad PUT, 401 for a bad token, 403 for a PUT that came through a proxy).
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Asker } from './asker.ts';
import { ec2Folder } from './ec2.ts';
import { nocloudFolder } from './nocloud.ts';
import { longestSeconds, type Tokens } from './tokens.ts';
import { lookUp } from './tree.ts';

export type Question = { method: string; url: string; headers: IncomingHttpHeaders };
export type Answer = { status: number; body: string; headers?: Record<string, string> };

const tokenPath = '/latest/api/token';
const tokenHeader = 'x-aws-ec2-metadata-token';
const ttlHeader = 'x-aws-ec2-metadata-token-ttl-seconds';

/** Bytes. The longest that is answered is under 100. */
export const longestUrl = 1024;

/** As it is on an EC2 instance, bodies of refusals are for people: programs go by the status. */
const refusal = (status: number, body: string, headers?: Record<string, string>): Answer => ({
  status,
  body: `${body}\n`,
  ...(headers !== undefined && { headers }),
});
export const notFound = refusal(404, 'Not found');
export const tooMany = refusal(503, 'Too many requests: try again in a second', { 'retry-after': '1' });

function issue(question: Question, guest: string, tokens: Tokens): Answer {
  // A proxy that lets anybody ask through it adds this header: EC2 refuses such a PUT, so that it leaks no token.
  if (question.headers['x-forwarded-for'] !== undefined) return refusal(403, 'Forbidden');
  const asked = question.headers[ttlHeader];
  const seconds = typeof asked === 'string' && /^\d{1,5}$/.test(asked) ? Number(asked) : 0;
  if (seconds < 1 || seconds > longestSeconds) {
    return refusal(400, `Header ${ttlHeader} must say 1 to ${longestSeconds}`);
  }
  return { status: 200, body: tokens.issue(guest, seconds), headers: { [ttlHeader]: String(seconds) } };
}

/** The names in a path, decoded once; `undefined` when it is not one. */
function pathOf(url: string): string[] | undefined {
  const [path = ''] = url.split('?', 1);
  if (!path.startsWith('/')) return undefined;
  try {
    return path.slice(1).split('/').map(decodeURIComponent);
  } catch {
    return undefined; // an escape that is none
  }
}

const find = (asker: Asker, [top, ...rest]: readonly string[]): string | undefined =>
  top === 'nocloud' ? lookUp(nocloudFolder(asker), rest) : lookUp(ec2Folder(asker), [top ?? '', ...rest]);

function show(question: Question, asker: Asker, tokens: Tokens): Answer {
  const token = question.headers[tokenHeader];
  if (token !== undefined && !(typeof token === 'string' && tokens.isGood(asker.spec.uuid, token))) {
    return refusal(401, 'Unauthorized');
  }
  const path = pathOf(question.url);
  if (path === undefined) return refusal(400, 'Bad request');
  const found = find(asker, path);
  return found === undefined ? notFound : { status: 200, body: found };
}

/** A body is never needed, and one that is announced is not waited for. */
const hasBody = ({ headers }: Question): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';

export function answerTo(question: Question, asker: Asker, tokens: Tokens): Answer {
  const { method, url } = question;
  if (url.length > longestUrl) return refusal(414, 'URI too long');
  if (hasBody(question)) return refusal(413, 'No body is taken');
  if (url === tokenPath) {
    if (method === 'PUT') return issue(question, asker.spec.uuid, tokens);
    return refusal(405, 'Method not allowed', { allow: 'PUT' });
  }
  if (method === 'GET' || method === 'HEAD') return show(question, asker, tokens);
  return refusal(405, 'Method not allowed', { allow: 'GET, HEAD' });
}

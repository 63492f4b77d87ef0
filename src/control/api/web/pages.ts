/** The web console's own files: bundled when they are first asked for, then kept in memory. They hold nothing of the fleet. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { buildWeb, type WebFiles } from '../../../../infra/build-web.ts';
import { BlanketError } from '../../../wire/errors.ts';

/**
 * Nothing from elsewhere, no script in a page, no frame around it. Styles may be set by script: xterm.js writes its sheet when it
 * knows the size of a letter.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const headers = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
};

export function servePages(server: FastifyInstance): void {
  let building: Promise<WebFiles> | undefined;
  const files = () => {
    building ??= buildWeb().catch((error: unknown) => {
      building = undefined; // the next visitor may have more luck
      throw error;
    });
    return building;
  };
  const config = { forAll: true } as const;
  server.get('/', { config }, async (_request, reply) => {
    const { page } = await files();
    return reply.headers(headers).header('cache-control', 'no-store').type('text/html; charset=utf-8').send(page);
  });
  server.get<{ Params: { file: string } }>('/web/:file', { config }, async ({ params }, reply) =>
    sendFile(reply, params.file, await files()),
  );
}

/** A file's name has its content's hash, so it may be kept for good. */
function sendFile(reply: FastifyReply, name: string, { assets }: WebFiles): FastifyReply {
  const asset = assets.get(name);
  if (asset === undefined) {
    throw new BlanketError('api.no-route', `The web console has no file ${name}.`, {
      kind: 'not-found',
      next: 'Load the page again: control may have been replaced by a newer one.',
    });
  }
  return reply
    .headers(headers)
    .header('cache-control', 'public, max-age=31536000, immutable')
    .type(asset.type)
    .send(asset.body);
}

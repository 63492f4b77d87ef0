/** TLS on TCP, for those who have a token: only where control's environment asks for it. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { BlanketError } from '../../wire/errors.ts';

export type TlsSettings = { host: string; port: number; cert: string; key: string };

const listenSchema = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[^:[\]]+):\d{1,5}$/, 'must be ADDRESS:PORT, like 0.0.0.0:8443')
  .transform((text) => {
    const at = text.lastIndexOf(':');
    return { host: text.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(text.slice(at + 1)) };
  })
  .pipe(z.object({ host: z.string(), port: z.int().max(65_535) }));

const fileSchema = z.string('is needed with BLANKET_LISTEN').refine(isAbsolute, 'must be an absolute path');

const settingsSchema = z.object({
  BLANKET_LISTEN: listenSchema,
  BLANKET_TLS_CERT: fileSchema,
  BLANKET_TLS_KEY: fileSchema,
});

/** `undefined` where nothing asks for it. @throws BlanketError `access.bad-settings` */
export function tlsSettings(env: NodeJS.ProcessEnv): TlsSettings | undefined {
  if (env.BLANKET_LISTEN === undefined) return undefined;
  const parsed = settingsSchema.safeParse(env);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
    throw badSettings(`${faults.join('; ')}.`);
  }
  const { BLANKET_LISTEN, BLANKET_TLS_CERT, BLANKET_TLS_KEY } = parsed.data;
  return { ...BLANKET_LISTEN, cert: contents(BLANKET_TLS_CERT), key: contents(BLANKET_TLS_KEY) };
}

function contents(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw badSettings(`${file} cannot be read.`, cause);
  }
}

const badSettings = (message: string, cause?: unknown): BlanketError =>
  new BlanketError('access.bad-settings', message, {
    ...{ kind: 'usage', cause },
    next: 'docs/security.md says how control is opened to others.',
  });

/** Names in the certificate, beside which only IP addresses and localhost may stand in a request's Host. */
export const namesIn = (cert: string): string[] => [
  'localhost',
  ...[...(new X509Certificate(cert).subjectAltName ?? '').matchAll(/DNS:([^,\s]+)/g)].map(([, name = '']) =>
    name.toLowerCase(),
  ),
];

export const fingerprintOf = (cert: string): string => new X509Certificate(cert).fingerprint256;

const MOST_CONNECTIONS = 512;

/** Listens when it resolves. @throws what the system says of the address, or OpenSSL of the files */
export async function listenTls(
  { host, port, cert, key }: TlsSettings,
  handle: RequestListener,
): Promise<Server> {
  const server = createServer({
    ...{ cert, key, minVersion: 'TLSv1.3' },
    ...{ headersTimeout: 10_000, requestTimeout: 30_000, handshakeTimeout: 10_000, maxHeaderSize: 16_384 },
    shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.on('request', handle);
  server.listen({ host, port });
  await once(server, 'listening');
  return server;
}

/**
 * A stream to control over which nothing has been sent yet: a token leaves this process only once the other side
 * is known to be control.
 */
import { connect as connectSocket, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { BlanketError } from '../wire/errors.ts';
import { addressText, type Connection, type Trust } from './connection.ts';

type Tls = Extract<Connection, { kind: 'tls' }>;

/**
 * @throws BlanketError what `connectionError` makes of a failure, or `control.untrusted`
 */
export function dial(to: Connection, signal?: AbortSignal): Promise<Socket> {
  const stream = to.kind === 'socket' ? connectSocket(to.path) : connectTls(tlsOptions(to));
  return new Promise((resolve, reject) => {
    const give = () => stream.destroy(new Error('The connection was given up.'));
    const settle = () => signal?.removeEventListener('abort', give);
    if (signal?.aborted === true) give();
    signal?.addEventListener('abort', give, { once: true });
    // Stays on: whoever is given the stream hears of its end by his own means.
    stream.on('error', (error) => {
      settle();
      reject(failureOf(to, stream, error));
    });
    stream.once(to.kind === 'socket' ? 'connect' : 'secureConnect', () => {
      settle();
      const fault = to.kind === 'tls' ? pinFault(to, stream as TLSSocket) : undefined;
      if (fault === undefined) return resolve(stream);
      stream.destroy();
      reject(fault);
    });
  });
}

/** A pinned certificate is looked at when the handshake is done, before a byte is sent. */
const tlsOptions = ({ host, port, trust }: Tls): ConnectionOptions => ({
  ...{ host, port, minVersion: 'TLSv1.3', servername: isIP(host) === 0 ? host : '' },
  ...(trust.kind === 'ca' && { ca: trust.pem }),
  rejectUnauthorized: trust.kind !== 'pin',
});

function pinFault(to: Tls, stream: TLSSocket): BlanketError | undefined {
  if (to.trust.kind !== 'pin') return undefined;
  const seen = stream.getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase();
  if (seen === to.trust.fingerprint) return undefined;
  return untrusted(to, 'its certificate is not the one that is pinned', { seen: `sha256:${seen}` });
}

/** Node tells of a certificate that it does not trust on the stream, and ends the stream for it. */
function failureOf(to: Connection, stream: Socket, error: Error): BlanketError {
  const isUntrusted = to.kind === 'tls' && Boolean((stream as TLSSocket).authorizationError);
  return isUntrusted ? untrusted(to, error.message) : connectionError(to, error);
}

const untrusted = (to: Tls, why: string, data: Record<string, unknown> = {}): BlanketError =>
  new BlanketError('control.untrusted', `${addressText(to)} is not known to be control: ${why}.`, {
    kind: 'not-allowed',
    next: nextFor(to.trust),
    data: { host: to.host, port: to.port, ...data },
  });

const nextFor = (trust: Trust): string =>
  trust.kind === 'system'
    ? "Get control's certificate, or its SHA-256, from who runs it, and name it: BLANKET_CA, or `blanket context add --ca`."
    : 'Ask who runs control whether its certificate is a new one, and take that: BLANKET_CA, or `blanket context add --replace`.';

const codeOf = (cause: unknown): string =>
  cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';

/** The BlanketError for a failure of the way to control, whoever went it. */
export function connectionError(to: Connection, cause: unknown): BlanketError {
  if (cause instanceof BlanketError) return cause;
  return (to.kind === 'socket' ? socketError(to.path, cause) : tlsError(to, cause)) ?? lost(to, cause);
}

const lost = (to: Connection, cause: unknown): BlanketError =>
  new BlanketError('control.connection-lost', 'The connection to control was lost.', {
    data: { address: addressText(to) },
    cause,
  });

function socketError(socket: string, cause: unknown): BlanketError | undefined {
  const code = codeOf(cause);
  const data = { socket };
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    const next = '`blanket serve` starts it.';
    return new BlanketError('control.not-running', 'Control is not running.', { next, data });
  }
  if (code !== 'EACCES' && code !== 'EPERM') return undefined;
  const message = `You may not use control's socket ${socket}.`;
  const next = 'Run the command as the user who started control.';
  return new BlanketError('control.no-access', message, { kind: 'not-allowed', next, data, cause });
}

/** What the system says of an address behind which nobody is. */
const away: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  ETIMEDOUT: 'it does not answer',
  ENOTFOUND: 'nobody knows that name',
  EAI_AGAIN: 'the name server does not answer',
};

function tlsError(to: Tls, cause: unknown): BlanketError | undefined {
  const code = codeOf(cause);
  const data = { host: to.host, port: to.port };
  const why = away[code];
  if (why !== undefined) {
    return new BlanketError(
      'control.unreachable',
      `Control cannot be reached at ${addressText(to)}: ${why}.`,
      {
        next: 'See that name and port are right, and that control runs there with BLANKET_LISTEN (docs/security.md).',
        data: { ...data, reason: code },
        cause,
      },
    );
  }
  if (!code.startsWith('ERR_SSL_') && code !== 'EPROTO') return undefined;
  return new BlanketError('control.no-tls', `What listens at ${addressText(to)} does not speak TLS 1.3.`, {
    next: 'See that the port is the one of BLANKET_LISTEN on the machine of control.',
    data: { ...data, reason: code },
    cause,
  });
}

/**
 * Which control a command speaks to. The first that is given counts:
 *
 *   --context NAME > BLANKET_HOST > BLANKET_CONTEXT > BLANKET_SOCKET > `blanket context use` > this machine's own
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  addressText,
  type Connection,
  parseAddress,
  parseFingerprint,
  type Trust,
} from '../../api-client/connection.ts';
import { BlanketError } from '../../wire/errors.ts';
import type { Home } from '../../wire/home.ts';
import { type Context, contextNamed, contextsFile, local, readContexts } from './file.ts';

export type Target = {
  /** The context's name; `null`: it has none. */
  name: string | null;
  /** What chose it. */
  from: string;
  connection: Connection;
  /** The control that commands start when it does not run. */
  isOwn: boolean;
};

type Given = { env: NodeJS.ProcessEnv; home: Home; context: string | undefined };

/** @throws BlanketError `context.*`, `connection.*`, `control.no-token` */
export function chooseTarget({ env, home, context }: Given): Target {
  const { BLANKET_HOST: host, BLANKET_CONTEXT: named, BLANKET_SOCKET: socket } = env;
  const own = (name: string | null, from: string): Target => ({
    ...{ name, from, isOwn: true },
    connection: { kind: 'socket', path: home.socket },
  });
  const byName = (name: string, from: string): Target =>
    name === local
      ? own(local, from)
      : target(name, from, contextNamed(readContexts(contextsFile(env)), name), env);
  if (context !== undefined) return byName(context, '--context');
  if (host) return target(null, 'BLANKET_HOST', given(host, env), env);
  if (named) return byName(named, 'BLANKET_CONTEXT');
  if (socket) return own(null, 'BLANKET_SOCKET');
  const { current } = readContexts(contextsFile(env));
  return byName(current, current === local ? 'nothing else was chosen' : 'blanket context use');
}

const given = (host: string, { BLANKET_CA: ca }: NodeJS.ProcessEnv): Context => ({
  host,
  ...(ca && { certificate: readCertificate(ca) }),
});

function target(name: string | null, from: string, context: Context, env: NodeJS.ProcessEnv): Target {
  return { name, from, connection: connectionOf(context, env), isOwn: false };
}

/** @throws BlanketError `connection.bad-host`, `control.no-token` */
export function connectionOf({ host, certificate, token }: Context, env: NodeJS.ProcessEnv): Connection {
  const address = parseAddress(host);
  if (address.kind === 'socket') return address;
  const said = token ?? env.BLANKET_TOKEN?.trim();
  if (!said) throw noToken(addressText(address));
  return { ...address, trust: trustIn(certificate), token: checkToken(said) };
}

function trustIn(certificate: string | undefined): Trust {
  if (certificate === undefined) return { kind: 'system' };
  const fingerprint = parseFingerprint(certificate);
  return fingerprint === undefined ? { kind: 'ca', pem: certificate } : { kind: 'pin', fingerprint };
}

/** What may stand in a header. The token itself is in no message. @throws BlanketError `connection.bad-token` */
export function checkToken(text: string): string {
  if (/^[\x21-\x7e]{1,200}$/.test(text)) return text;
  throw new BlanketError('connection.bad-token', 'What was given as a token cannot be one.', {
    kind: 'usage',
    next: 'It is one line that begins with `blanket_`, as `blanket token create` printed it.',
  });
}

/** Of a PEM file, or of `sha256:…`, what a context keeps. @throws BlanketError `connection.bad-ca` */
export function readCertificate(fileOrPin: string): string {
  const pin = parseFingerprint(fileOrPin);
  if (pin !== undefined) return `sha256:${pin}`;
  try {
    const pem = readFileSync(fileOrPin, 'utf8');
    new X509Certificate(pem);
    return pem;
  } catch (cause) {
    throw new BlanketError('connection.bad-ca', `${fileOrPin} holds no certificate that can be read.`, {
      kind: 'usage',
      next: 'Give a PEM file, or the certificate’s SHA-256 as sha256:… in 64 hex digits.',
      cause,
    });
  }
}

const noToken = (address: string): BlanketError =>
  new BlanketError('control.no-token', `${address} is used with a token, and none is given.`, {
    kind: 'not-allowed',
    next:
      'Who runs it makes one: `blanket token create`. ' +
      'Set BLANKET_TOKEN to it, or keep it with `blanket context add`, which asks for it.',
    data: { address },
  });

/** Where control is and how it is known for what it is: the one description that HTTP and consoles go by. */
import { BlanketError } from '../wire/errors.ts';

/** By what a certificate is told to be control's. */
export type Trust =
  /** The authorities that this machine trusts. */
  | { kind: 'system' }
  /** These certificates, in PEM, and no other. */
  | { kind: 'ca'; pem: string }
  /** This very certificate, whatever names and dates are in it: its SHA-256, 64 hex digits in lower case. */
  | { kind: 'pin'; fingerprint: string };

export type Connection =
  | { kind: 'socket'; path: string }
  | { kind: 'tls'; host: string; port: number; trust: Trust; token: string };

export type Address = { kind: 'socket'; path: string } | { kind: 'tls'; host: string; port: number };

/**
 * Of `https://control.example:8443` or `unix:///run/control.sock`. Neither credentials nor a path are taken.
 * @throws BlanketError `connection.bad-host`
 */
export function parseAddress(text: string): Address {
  if (/^unix:\/\/\/[^\0]/.test(text)) return { kind: 'socket', path: text.slice('unix://'.length) };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isBare = url?.pathname === '/' && url.search === '' && url.hash === '';
  if (url?.protocol !== 'https:' || !isBare || url.username !== '' || url.password !== '') throw badHost();
  return { kind: 'tls', host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 443) };
}

/** It does not tell what was given: somebody may have put a token there. */
const badHost = (): BlanketError =>
  new BlanketError('connection.bad-host', 'That is no address of a control.', {
    kind: 'usage',
    next: 'It is https://NAME:PORT or unix:///PATH, without a user, a password or a path behind the port.',
  });

/** `host:port` as it stands in a URL and in the Host header. */
export const authorityOf = ({ host, port }: { host: string; port: number }): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** As a person reads it. */
export const addressText = (address: Address): string =>
  address.kind === 'socket' ? `unix://${address.path}` : `https://${authorityOf(address)}`;

/** What each request says of itself. The name in the Host header does not matter on a socket. */
export const headersFor = (to: Connection): { host: string; authorization?: string } =>
  to.kind === 'socket' ? { host: 'control' } : { host: authorityOf(to), authorization: `Bearer ${to.token}` };

/** Of `sha256:…` in hex, with or without colons; `undefined` when it is something else. */
export function parseFingerprint(text: string): string | undefined {
  const hex = /^sha256:([0-9a-f:]+)$/i.exec(text.trim())?.[1]?.replaceAll(':', '').toLowerCase();
  return hex !== undefined && hex.length === 64 ? hex : undefined;
}

/** A path is that of a control's Unix socket. */
export const connectionTo = (to: Connection | string): Connection =>
  typeof to === 'string' ? { kind: 'socket', path: to } : to;

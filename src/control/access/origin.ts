/** What a browser cannot hide about where a request comes from: the host it asks for, and the page that asks. */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { refused } from './tokens.ts';

/** A page of another site can neither name this control's host nor hide where it comes from. */
export function checkNames(
  { headers: { host = '', origin } }: IncomingMessage,
  names: readonly string[],
): void {
  const name = host
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase();
  if (isIP(name) === 0 && !names.includes(name)) throw wrongHost();
  if (origin !== undefined && origin.toLowerCase() !== `https://${host.toLowerCase()}`) throw foreign();
}

/** On the loopback port only one name counts, which nobody can guess: another page cannot be made to go by it. */
export function checkLoopback({ headers: { host, origin } }: IncomingMessage, own: string): void {
  if (host?.toLowerCase() !== own) throw wrongHost();
  if (origin !== undefined && origin.toLowerCase() !== `http://${own}`) throw foreign();
}

/**
 * A cookie goes along with whatever a page asks, so of what changes something, and of WebSockets, the page must be known to be
 * control's own; browsers name it with all of these.
 */
export function checkOwnPage({ method, headers }: IncomingMessage): void {
  const isRead = (method === 'GET' || method === 'HEAD') && headers.upgrade === undefined;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && !(isRead && site === 'none')) throw foreign();
  if (!isRead && headers.origin === undefined) throw foreign();
}

const wrongHost = () => refused('wrong-host', 'This control does not go by the name in the request.');
const foreign = () => refused('foreign-origin', 'The request comes from a page of another site.');

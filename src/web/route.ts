/** Which page the address names: `#/guests/web1/migrate`. Behind # because control serves one page alone. */

export type Route =
  | { page: 'fleet' }
  | { page: 'host'; name: string }
  | { page: 'new-guest' }
  | { page: 'guest'; name: string }
  | { page: 'migrate'; name: string }
  | { page: 'operations' }
  | { page: 'operation'; id: string }
  | { page: 'audit' }
  | { page: 'nowhere' };

export function routeOf(hash: string): Route {
  const [noun = '', name, verb, ...rest] = hash.replace(/^#?\/?/, '').split('/').map(plain);
  if (rest.length > 0) return { page: 'nowhere' };
  if (name === undefined) return withoutName(noun);
  if (noun === 'hosts' && verb === undefined) return { page: 'host', name };
  if (noun === 'operations' && verb === undefined) return { page: 'operation', id: name };
  if (noun === 'guests' && name === 'new' && verb === undefined) return { page: 'new-guest' };
  if (noun === 'guests' && verb === undefined) return { page: 'guest', name };
  if (noun === 'guests' && verb === 'migrate') return { page: 'migrate', name };
  return { page: 'nowhere' };
}

function withoutName(noun: string): Route {
  if (noun === '') return { page: 'fleet' };
  if (noun === 'operations' || noun === 'audit') return { page: noun };
  return { page: 'nowhere' };
}

/** An escape that means nothing names nothing. */
function plain(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The ticket that `blanket ui` put into the address. */
export const ticketOf = (hash: string): string | undefined => /^#ticket=([\w-]+)$/.exec(hash)?.[1];

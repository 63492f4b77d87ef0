/** Metadata services that want a token, as AWS's version 2 and Alibaba's hardened mode do: one by PUT, then every GET with it. */
import { type Ask, textOf } from './metadata.ts';

/** @returns the text there; `undefined` when there is none. */
export type Read = (path: string) => Promise<string | undefined>;

const tokenPath = '/latest/api/token';
const tokenSeconds = 21_600; // the longest that either gives

/**
 * Keeps its token from one asking to the next.
 * @param header `x-aws-ec2-metadata-token`: the token is sent under it, and its lifetime asked for under `…-ttl-seconds`.
 * @param stale the status by which the service says that a token is no longer good.
 */
export function tokenReader(header: string, stale: readonly number[]): (ask: Ask) => Read {
  let token: string | undefined;
  const renew = async (ask: Ask): Promise<string> => {
    const headers = { [`${header}-ttl-seconds`]: String(tokenSeconds) };
    const text = textOf(tokenPath, await ask(tokenPath, { method: 'PUT', headers }));
    if (text === undefined || text === '') throw new Error(`${tokenPath} gives no token`);
    token = text;
    return text;
  };
  return (ask) => {
    const get = (path: string, by: string) => ask(path, { headers: { [header]: by } });
    return async (path) => {
      const answer = await get(path, token ?? (await renew(ask)));
      return textOf(path, stale.includes(answer.status) ? await get(path, await renew(ask)) : answer);
    };
  };
}

/** What a metadata service is asked and what it answers. HTTP itself is node:http's (see `serve.ts`). */
import type { Notice } from './instance.ts';

export type MetadataRequest = {
  readonly method: string;
  /** Begins with `/`, percent-decoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** By lower-case name: HTTP knows no case in names (RFC 9110, 5.1), and all in values. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
};

export type MetadataResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The notice as it stands from now on, for services in which an instance can acknowledge one. */
  readonly notice?: Notice;
};

/** Not yet: ask `again` whenever the notice has changed, and `atLast` when `waitMs` are over. */
export type Wait = {
  readonly waitMs: number;
  readonly again: MetadataRequest;
  readonly atLast: MetadataRequest;
};

export type Json = string | number | readonly Json[] | { readonly [name: string]: Json };

/** The value below these names (an index is a name too); `undefined` when there is none. */
export function at(value: Json, names: readonly string[]): Json | undefined {
  let found: Json | undefined = value;
  for (const name of names) {
    if (name === '') continue;
    if (typeof found !== 'object' || !Object.hasOwn(found, name)) return undefined;
    found = Object.entries(found).find(([key]) => key === name)?.[1];
  }
  return found;
}

export const reply = (
  status: number,
  type: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): MetadataResponse => ({ status, headers: { 'content-type': type, ...headers }, body });

export const text = (body: string): MetadataResponse => reply(200, 'text/plain', body);

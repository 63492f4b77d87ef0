/**
 * What a call is: a program's number for it, and how its arguments and its result look on the wire. The tables in
 * `procedures/` list all that this client knows, a file for each kind of object.
 */
import { programs } from './frame.ts';
import { domainHandle as dom } from './wire-structures.ts';
import { string } from './wire-types.ts';
import { type Codec, int32, uint32 } from './xdr.ts';
import { structure } from './xdr-structures.ts';

export type Procedure<A, R> = {
  /** The name in libvirt's protocol files in camel case: `domainGetState` is REMOTE_PROC_DOMAIN_GET_STATE. */
  readonly name: string;
  /** The program's number, see `programs` in `frame.ts`. */
  readonly program: number;
  readonly number: number;
  readonly args: Codec<A>;
  readonly result: Codec<R>;
};

type Entry<A, R> = Pick<Procedure<A, R>, 'number' | 'args' | 'result'>;

export const call = <A, R>(number: number, args: Codec<A>, result: Codec<R>): Entry<A, R> => ({
  number,
  args,
  result,
});

type Table<T> = { readonly [K in keyof T]: T[K] & Pick<Procedure<never, never>, 'name' | 'program'> };

/** Gives each entry its key as its name, and its program. */
export function table<T extends Record<string, Entry<unknown, unknown>>>(
  entries: T,
  program: number = programs.remote,
): Table<T> {
  const pairs = Object.entries(entries).map(([name, value]) => [name, { ...value, name, program }]);
  return Object.fromEntries(pairs) as Table<T>;
}

/** What the daemon sends unasked once an event was registered for. */
export type Message<W> = { readonly number: number; readonly codec: Codec<W> };

export const flags = uint32;
export const onDomain = structure({ dom });
export const onDomainFlags = structure({ dom, flags });
/** The daemon's number of a registration for events. */
export const registration = structure({ callback: int32 });
export const xmlFlags = structure({ xml: string, flags });

/**
 * Which thing belongs to which fleet of `blanket apply`. A mark holds the time at which its thing was made, so that one of the same
 * name that somebody made later is not taken for it: the mark of a thing that is gone is void.
 */
import type { Member, MemberKind } from '../../wire/routes/member.ts';
import type { Store } from '../store/store.ts';

type Thing = { createdAt: string };

const collections = {
  cloud: 'clouds',
  image: 'images',
  network: 'networks',
  host: 'hosts',
  guest: 'guests',
} as const satisfies Record<MemberKind, keyof Store>;

const find = (store: Store, kind: MemberKind, name: string): Thing | undefined =>
  store[collections[kind]].find(name);

export const membersOf = (store: Store): Member[] =>
  store.members
    .list()
    .filter(({ kind, of, createdAt }) => find(store, kind, of)?.createdAt === createdAt)
    .map(({ kind, of, fleet }) => ({ kind, name: of, fleet }));

/** @throws BlanketError `cloud.not-found` and the like */
export function claim(store: Store, kind: MemberKind, of: string, fleet: string): Member {
  const { createdAt }: Thing = store[collections[kind]].get(of);
  const name = `${kind}/${of}`;
  if (store.members.find(name) === undefined) store.members.insert({ name, kind, of, fleet, createdAt });
  else store.members.update(name, { fleet, createdAt });
  return { kind, name: of, fleet };
}

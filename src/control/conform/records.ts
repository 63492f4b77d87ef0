/** What conformance runs have found, kept for each host. */
import type { Conformance } from '../../wire/routes/conform.ts';
import type { Store } from '../store/store.ts';

const KEPT_PER_HOST = 20;

/** Newest last. A host of that name that was there before this one is another host. @throws `host.not-found` */
function recordsOf(store: Store, host: string) {
  const { createdAt } = store.hosts.get(host);
  return store.conformance
    .list()
    .filter((record) => record.host === host && Date.parse(record.startedAt) >= Date.parse(createdAt));
}

/** @throws BlanketError `host.not-found` */
export function lastRecord(store: Store, host: string): Conformance | undefined {
  const last = recordsOf(store, host).at(-1);
  if (last === undefined) return undefined;
  const { name: _name, ...record } = last;
  return record;
}

/** Keeps it once, however often it is told, and no more than the last ones of a host. */
export function keepRecord(store: Store, record: Conformance): void {
  if (store.conformance.find(record.operation) !== undefined) return;
  store.transaction(() => {
    store.conformance.insert({ ...record, name: record.operation });
    const old = store.conformance.list().filter(({ host }) => host === record.host);
    for (const { name } of old.slice(0, -KEPT_PER_HOST)) store.conformance.remove(name);
  });
}

/** Keeps a kind's events, and waits for one of them. */
import type { Connection } from '../../../src/libvirt/connection.ts';
import type { EventKind, Events } from '../../../src/libvirt/events.ts';

const patienceMs = 60_000;

export type Recorded<E> = {
  events: E[];
  /** The first that came, or comes, for which this holds. */
  first(holds?: (event: E) => boolean): Promise<E>;
  stop(): Promise<void>;
};

export async function record<K extends EventKind>(
  connection: Connection,
  kind: K,
): Promise<Recorded<Events[K]>> {
  const events: Events[K][] = [];
  const looking = new Set<(event: Events[K]) => void>();
  const subscription = await connection.events.on(kind, (event) => {
    events.push(event);
    for (const look of looking) look(event);
  });
  const first = (holds: (event: Events[K]) => boolean = () => true) => {
    const found = events.find(holds);
    if (found !== undefined) return Promise.resolve(found);
    return new Promise<Events[K]>((resolve, reject) => {
      const fail = () =>
        reject(new Error(`No ${kind} that was waited for came, but ${JSON.stringify(events)}.`));
      const timer = setTimeout(fail, patienceMs);
      looking.add((event) => {
        if (!holds(event)) return;
        clearTimeout(timer);
        resolve(event);
      });
    });
  };
  return { events, first, stop: () => subscription.stop() };
}

/** Which hosts have an image, the nearest to another host first. */
import { within } from '../agents/within.ts';
import { tunnelAddress } from '../network/addresses.ts';
import type { Services } from '../services.ts';
import type { HostRecord } from '../store/records.ts';

/** A host that does not say in this time what it has is passed over: there is control's own copy. */
const ANSWER_MS = 5_000;
const PINGS = 3;
const PING_MS = 15_000;
/** As many are measured; a fleet's tenth holder is hardly nearer than its first. */
const MOST_MEASURED = 8;

/** `rttMs`: in the tunnel; absent when it could not be measured. `answered`: false when no ping came back. */
export type Holder = { name: string; sameCloud: boolean; answered: boolean; rttMs?: number };

/** Those that pings do not reach come last: a path may carry TCP and no pings. */
export const nearestFirst = (holders: readonly Holder[]): Holder[] =>
  holders.toSorted(
    (a, b) =>
      Number(b.answered) - Number(a.answered) ||
      Number(b.sameCloud) - Number(a.sameCloud) ||
      (a.rttMs ?? Number.POSITIVE_INFINITY) - (b.rttMs ?? Number.POSITIVE_INFINITY) ||
      a.name.localeCompare(b.name),
  );

async function has({ agents }: Services, host: string, digest: string): Promise<boolean> {
  try {
    const { images } = await within(ANSWER_MS, host, (options) =>
      agents.call(host, 'image.list', {}, options),
    );
    return images.some((image) => image.digest === digest);
  } catch {
    return false; // whatever is wrong with it, nothing can be fetched there now
  }
}

async function measured({ agents }: Services, to: HostRecord, from: HostRecord): Promise<Holder> {
  const holder = { name: from.name, sameCloud: from.cloud === to.cloud };
  const wish = { address: tunnelAddress(from.index), count: PINGS };
  try {
    const { received, rttMs } = await within(PING_MS, to.name, (options) =>
      agents.call(to.name, 'conform.loss', wish, options),
    );
    return { ...holder, answered: received > 0, ...(rttMs !== undefined && { rttMs }) };
  } catch {
    return { ...holder, answered: true }; // a host without `ping` is no reason to pass its neighbours over
  }
}

/** Other hosts that are ready and have the image. One alone is not measured: there is nothing to choose. */
export async function holdersFor(services: Services, host: string, digest: string): Promise<Holder[]> {
  const to = services.store.hosts.get(host);
  const others = services.store.hosts
    .list()
    .filter(({ name, state, tunnelKey }) => name !== host && state === 'ready' && tunnelKey !== null);
  const answers = await Promise.all(others.map(({ name }) => has(services, name, digest)));
  const holders = others
    .filter((_, index) => answers[index])
    .sort((a, b) => Number(b.cloud === to.cloud) - Number(a.cloud === to.cloud))
    .slice(0, MOST_MEASURED);
  if (holders.length === 1) {
    return holders.map(({ name, cloud }) => ({ name, sameCloud: cloud === to.cloud, answered: true }));
  }
  return nearestFirst(await Promise.all(holders.map((from) => measured(services, to, from))));
}

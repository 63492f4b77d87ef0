/**
 * What control tells a scraper. Everything comes from the store, so a control that was restarted counts on where the last one was;
 * see docs/decisions/metrics.md for why there is no library.
 */
import type { Metric } from '../../wire/metrics.ts';
import {
  guestStates,
  hostStates,
  type Operation,
  type OperationState,
  operationKinds,
  operationStates,
} from '../../wire/resources.ts';
import { version } from '../../wire/version.ts';
import type { Services } from '../services.ts';
import { gauge } from './series.ts';
import { tally } from './tally.ts';

/** One that needs attention may be taken up again. */
const lasting = (state: OperationState): boolean => state !== 'running' && state !== 'attention';

const info = (): Metric => {
  const name = 'blanket_info';
  const help = 'Always 1; the version of control.';
  return { name, help, type: 'gauge', samples: [{ name, labels: { version }, value: 1 }] };
};

/** Made once for a control: it remembers which operations it has counted, so that a scrape reads only the others. */
export function metricsOf({
  store,
  operations,
}: Pick<Services, 'store' | 'operations'>): () => Promise<Metric[]> {
  const counted = new Set<string>();
  const over = tally();
  return async () => {
    const open: Operation[] = [];
    for (const id of store.operations.names()) {
      if (counted.has(id)) continue;
      const operation = operations.show(id);
      if (!lasting(operation.state)) open.push(operation);
      else {
        counted.add(id);
        over.add(operation);
      }
      // the first scrape may meet thousands, and a cutover does not wait for it
      await new Promise((resolve) => setImmediate(resolve));
    }
    const stateOf = ({ state }: { state: string }) => state;
    return [
      info(),
      gauge('blanket_hosts', 'Hosts, by state.', 'state', hostStates, store.hosts.list().map(stateOf)),
      gauge('blanket_guests', 'Guests, by state.', 'state', guestStates, store.guests.list().map(stateOf)),
      openOperations(open),
      ...over.metrics(),
    ];
  };
}

/** Every kind is there from the start, so that a rule may wait for what has never happened yet. */
function openOperations(open: readonly Operation[]): Metric {
  const name = 'blanket_operations';
  const states = operationStates.filter((state) => !lasting(state));
  const count = (kind: string, state: string) =>
    open.filter((operation) => operation.kind === kind && operation.state === state).length;
  return {
    ...{ name, help: 'Operations that run or need attention.', type: 'gauge' },
    samples: operationKinds.flatMap((kind) =>
      states.map((state) => ({ name, labels: { kind, state }, value: count(kind, state) })),
    ),
  };
}

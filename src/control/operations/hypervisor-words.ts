/**
 * The hypervisors' own words on a guest's operation that failed, from every host that had a part in it: the cause of one host's
 * failure is often in another's log. Asked for once everything is undone, so that no guest stands still for it.
 */
import type { HypervisorWords } from '../../wire/methods/hypervisor.ts';
import { isUnreachable } from '../agents/reach.ts';
import { within } from '../agents/within.ts';
import type { Services } from '../services.ts';
import type { Definition, FlowState } from './operations.ts';

const LIMIT_MS = 10_000;
/** A line that was written just before the operation was may be its cause. */
const BEFORE_MS = 2_000;

type Asks = Pick<Services, 'agents' | 'log'>;

/** A flow on a guest, whose state names it as `guest` and hosts as `host`, `source` or `destination`. */
export const withWords = <S extends FlowState>(services: Asks, definition: Definition<S>): Definition<S> => ({
  ...definition,
  async explain(state, { createdAt }) {
    const { guest, host, source, destination } = state;
    if (typeof guest !== 'string') return {};
    const hosts = new Set([host, source, destination].filter((name) => typeof name === 'string'));
    const withinMs = Math.max(0, Date.now() - Date.parse(createdAt)) + BEFORE_MS;
    const words = await Promise.all([...hosts].map((name) => wordsOf(services, name, guest, withinMs)));
    const told = words.filter(({ lines, unasked }) => lines.length > 0 || unasked !== undefined);
    return told.length === 0 ? {} : { hypervisor: told };
  },
});

async function wordsOf(
  { agents, log }: Asks,
  host: string,
  guest: string,
  withinMs: number,
): Promise<HypervisorWords[number]> {
  try {
    const ask = { guest, withinMs };
    const { lines } = await within(LIMIT_MS, host, (options) =>
      agents.call(host, 'hypervisor.log', ask, options),
    );
    return { host, lines };
  } catch (error) {
    log.warn({ host, guest, err: error }, "the hypervisor's log was not read");
    const why = error instanceof Error ? error.message : String(error);
    return { host, lines: [], unasked: isUnreachable(error) ? `${host} cannot be reached.` : why };
  }
}

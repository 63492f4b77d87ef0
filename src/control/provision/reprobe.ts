/**
 * Proves a host's engines anew when the machine under them is another: a new kernel, another CPU, a cloud that
 * shows its virtualization extension at last. Once for each such machine, also when it fails; but when the host was
 * lost or control ended it has said nothing, and is tried again.
 */
import { BlanketError } from '../../wire/errors.ts';
import type { Machine } from '../../wire/methods/engines.ts';
import { isUnreachable, isUnreachableCode } from '../agents/reach.ts';
import type { Services } from '../services.ts';
import type { HostRecord } from '../store/records.ts';

const parts = ['kernel', 'cpu', 'hypervisor'] as const;

const changes = (from: Machine, to: Machine): string[] =>
  parts
    .filter((part) => from[part] !== to[part])
    .map((part) => `${part} "${from[part]}" is now "${to[part]}"`);

/** Why this host's engines have to be proven again; undefined when they need not be. */
export function whyReprobe(
  { probe, probeTriedFor }: Pick<HostRecord, 'probe' | 'probeTriedFor'>,
  machine: Machine,
): string | undefined {
  if (probeTriedFor !== null && changes(probeTriedFor, machine).length === 0) return undefined;
  if (probe === null) return 'no proof of its engines is stored';
  const changed = changes(probe.machine, machine);
  return changed.length === 0 ? undefined : changed.join(', ');
}

/** Begins it unless something else works with the host: the next look at the host comes soon. */
export function reprobe({ store, operations, log }: Services, host: string, machine: Machine): void {
  const record = store.hosts.find(host); // it may have been removed while it was asked
  if (record?.state !== 'ready' || operations.using(host).length > 0) return;
  const why = whyReprobe(record, machine);
  if (why === undefined) return;
  store.hosts.update(host, { probeTriedFor: machine });
  const { id } = operations.start('host.probe', `host/${host}`, { host });
  log.warn({ host, operation: id, why }, 'proving the engines again');
}

/** After a proof that was not made. A host that was lost twice in a row may be taken down by the proof itself: not again. */
export function allowRetry(
  { store }: Pick<Services, 'store'>,
  host: string,
  operation: string,
  error: unknown,
): void {
  if (!(error instanceof BlanketError)) return;
  const earlier = store.operations
    .list()
    .filter(
      (other) => other.kind === 'host.probe' && other.subject === `host/${host}` && other.id !== operation,
    )
    .at(-1)?.problem?.code;
  const lostAgain = earlier !== undefined && isUnreachableCode(earlier);
  const accident = isUnreachable(error) ? !lostAgain : error.code === 'operation.interrupted';
  if (accident) store.hosts.update(host, { probeTriedFor: null });
}

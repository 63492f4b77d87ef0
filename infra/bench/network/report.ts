/** The tables of `make bench-network`, each with how it was measured: text to paste into a page. */
import { median } from '../libvirt/numbers.ts';
import { formatTable } from '../libvirt/table.ts';
import type { BroadcastRun } from './broadcast.ts';
import type { NamesRun } from './names.ts';
import type { ParallelRun } from './parallel.ts';
import type { PushRun } from './push.ts';
import type { TableRun } from './tables.ts';

/** Three digits say all that such numbers know. */
export function number(value: number): string {
  if (Number.isNaN(value)) return '-';
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

export function bytes(value: number): string {
  if (Number.isNaN(value)) return '-';
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const unit = Math.min(
    units.length - 1,
    Math.max(0, Math.floor(Math.log10(Math.max(1, Math.abs(value))) / 3)),
  );
  return `${number(value / 1_000 ** unit)} ${units[unit]}`;
}

/** A median, and how many times it is that of the fleet before. */
function grown(values: readonly number[], before: readonly number[] | undefined): string {
  const value = median(values);
  return before === undefined ? number(value) : `${number(value)} (x${number(value / median(before))})`;
}

const how = (...lines: string[]): string[] => lines.map((line) => `how: ${line}`);

/** Below this what else runs on the machine weighs more than the table. */
const fewestForMemory = 1_000;

export function reportTables(runs: readonly TableRun[]): string {
  const rows = runs.map((run, index) => {
    const before = runs[index - 1];
    return [
      `${run.fleet.hosts} hosts, ${run.fleet.guests} guests`,
      String(run.entries),
      grown(run.fillMs, before?.fillMs),
      grown(run.againMs, before?.againMs),
      grown(run.readMs, before?.readMs),
      bytes(median(run.readBytes)),
      number(median(run.flipMs)),
      number(median(run.flipInBatchMs) * 1_000),
      run.entries < fewestForMemory ? '-' : bytes(median(run.kernelBytes)),
    ];
  });
  const head = [
    'entries',
    'fill ms',
    'again ms',
    'read ms',
    'read',
    'flip ms',
    'in a batch µs',
    'kernel memory',
  ];
  return [
    formatTable([["a. one host's table", ...head], ...rows]),
    ...how(
      'an all-zero entry for each peer, one for each remote guest, by `bridge -batch`; counted back with `bridge fdb show`',
      'again = the same batch over the full table; read = `bridge fdb show`; flip = one `bridge fdb replace`, its process included',
      'kernel memory = growth of kmalloc-* and per-processor memory while the table is filled',
    ),
  ].join('\n');
}

export function reportPush(runs: readonly PushRun[]): string {
  const rows = runs.map((run) => {
    const before = runs.findLast(
      ({ method, fleet }) => method === run.method && fleet.hosts < run.fleet.hosts,
    );
    return [
      `${run.method}, ${run.fleet.hosts} hosts`,
      bytes(run.bytesEach),
      bytes(run.bytesEach * run.fleet.hosts),
      grown(run.controlMs, before?.controlMs),
      grown(run.answeredMs, before?.answeredMs),
      number(median(run.readMs)),
      run.sentTo === run.fleet.hosts ? 'all' : `${run.sentTo} of them`,
    ];
  });
  const head = ['a host', 'in all', "control's CPU ms", 'answered ms', 'one agent reads ms', 'sent to'];
  return [
    formatTable([['b. control tells the fleet', ...head], ...rows]),
    ...how(
      "control's client and the agent's server, zod and all, over Unix sockets; SSH is not in it, nor making the configs from records",
      'where not all were sent to, times are those of the sent ones, multiplied',
      'answered = until the last answer; here one process plays all agents, in truth each reads its own',
    ),
  ].join('\n');
}

export function reportParallel(run: ParallelRun): string {
  const flip = median(run.flipMs);
  const idle = median(run.idleMs);
  const row = [
    `${run.hosts} hosts`,
    String(run.entriesEach),
    number(run.fillMs / run.hosts),
    bytes(run.bytesPerEntry),
    number(flip),
    number(flip / run.hosts),
    `${number(idle)} (${number(flip / idle)})`,
  ];
  const head = ['entries each', 'fill ms each', 'an entry', 'flip all ms', 'a host ms', 'no flip ms (ratio)'];
  return [
    formatTable([['c. one card, every host', ...head], row]),
    ...how(
      'that many namespaces with whole tables at once; the card is flipped by one `bridge` for each, all started at once',
      'no flip = as many `bridge` that only look at a loopback; an entry = kernel memory; each host is read back after each flip',
    ),
  ].join('\n');
}

export function reportBroadcast(runs: readonly BroadcastRun[]): string {
  const rows = runs.map((run, index) => [
    `${run.fleet.hosts - 1} peers`,
    number(median(run.copies)),
    bytes(median(run.bytes)),
    grown(run.sendMs, runs[index - 1]?.sendMs),
  ]);
  return [
    formatTable([['d. one ARP request', 'copies', 'in all', 'ms'], ...rows]),
    ...how(
      'counters of the device below VXLAN over 200 requests, Ethernet headers in them; nothing is encrypted here',
    ),
  ].join('\n');
}

export function reportNames(runs: readonly NamesRun[]): string {
  const rows = runs.map((run) => [
    `${run.fleet.guests} names`,
    String(run.leases),
    number(median(run.answerMs)),
  ]);
  return [
    formatTable([['e. dnsmasq reads again', 'leases', 'ms'], ...rows]),
    ...how(
      'from SIGHUP to the right answer for a name that was just added; a host has the leases of its ten guests',
    ),
  ].join('\n');
}

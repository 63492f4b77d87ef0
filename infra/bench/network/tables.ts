/** Part a: the forwarding table of one host, filled as the agent fills it and counted back from the kernel. */
import { run } from '../../../src/process/run.ts';
import { type Fleet, flip, tableLines } from './fleet.ts';
import { bridgeBatch, checkFlip, kernelBytes, type Namespaces, readTable } from './namespaces.ts';
import type { Settings } from './settings.ts';
import { timed } from './timing.ts';

/** ms and bytes, one value a round. */
export type TableRun = {
  fleet: Fleet;
  entries: number;
  fillMs: number[];
  againMs: number[];
  readMs: number[];
  readBytes: number[];
  /** One card, by a process of its own. */
  flipMs: number[];
  /** One card of many that one process flips. */
  flipInBatchMs: number[];
  kernelBytes: number[];
};

/** Cards flipped in one batch, to and fro. */
const flips = 500;

/** The host whose table it is, and two that a guest moves between. */
const [own, from, to] = [0, 1, 2];

async function flipMany(name: string, signal: AbortSignal): Promise<number> {
  const lines = Array.from({ length: flips }, (_, index) =>
    flip(from * 10, index % 2 === 0 ? to : from).join(' '),
  );
  return (await timed(() => bridgeBatch(name, lines, signal))) / flips;
}

async function flipOne(name: string, fleet: Fleet, signal: AbortSignal): Promise<number> {
  const command = flip(fleet.guests - 1, from); // it was on the last host
  const elapsed = await timed(() => run('bridge', ['-n', name, ...command], { signal }));
  await checkFlip(name, command, signal);
  return elapsed;
}

async function measureOnce(result: TableRun, namespaces: Namespaces, signal: AbortSignal): Promise<void> {
  const { fleet } = result;
  const name = await namespaces.addHost(own);
  const lines = tableLines(fleet, own);
  const before = await kernelBytes();
  result.fillMs.push(await timed(() => bridgeBatch(name, lines, signal)));
  result.kernelBytes.push((await kernelBytes()) - before);
  result.againMs.push(await timed(() => bridgeBatch(name, lines, signal)));
  let table: string[] = [];
  const read = async () => {
    table = await readTable(name, signal);
  };
  result.readMs.push(await timed(read));
  result.readBytes.push(table.join('\n').length + 1);
  if (table.length !== lines.length) {
    throw new Error(`${lines.length} entries were set, and the kernel has ${table.length}.`);
  }
  result.flipInBatchMs.push(await flipMany(name, signal));
  result.flipMs.push(await flipOne(name, fleet, signal));
  await namespaces.remove([name]);
}

export async function measureTables(
  fleets: readonly Fleet[],
  { rounds }: Settings,
  namespaces: Namespaces,
  signal: AbortSignal,
): Promise<TableRun[]> {
  const results = fleets.map((fleet): TableRun => {
    const entries = tableLines(fleet, own).length;
    const none = { fillMs: [], againMs: [], readMs: [], readBytes: [], flipMs: [], flipInBatchMs: [] };
    return { fleet, entries, ...none, kernelBytes: [] };
  });
  for (let round = 0; round < rounds; round += 1) {
    for (const result of results) await measureOnce(result, namespaces, signal);
  }
  return results;
}

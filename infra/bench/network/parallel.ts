/** Part c: as many hosts as the machine carries, each a namespace with its whole table, and one card flipped on all. */
import { run } from '../../../src/process/run.ts';
import { fleetOf, flip, tableLines } from './fleet.ts';
import { bridgeBatch, checkFlip, eachOf, kernelBytes, type Namespaces } from './namespaces.ts';
import type { Settings } from './settings.ts';
import { timed } from './timing.ts';

export type ParallelRun = {
  hosts: number;
  entriesEach: number;
  /** Of kernel memory, for one entry. */
  bytesPerEntry: number;
  makeMs: number;
  fillMs: number;
  /** All hosts, one card, a process for each host. */
  flipMs: number[];
  /** As many processes that flip nothing. */
  idleMs: number[];
};

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

export async function measureParallel(
  { rounds, namespaces: hosts }: Settings,
  namespaces: Namespaces,
  signal: AbortSignal,
): Promise<ParallelRun> {
  const fleet = fleetOf(hosts);
  const names: string[] = [];
  const make = async (host: number) => {
    names[host] = await namespaces.addHost(host);
  };
  const makeMs = await timed(() => eachOf(numbers(hosts), make));
  const before = await kernelBytes();
  const fill = (host: number) => bridgeBatch(names[host] ?? '', tableLines(fleet, host), signal);
  const fillMs = await timed(() => eachOf(numbers(hosts), fill));
  const entriesEach = tableLines(fleet, 0).length;
  const bytesPerEntry = ((await kernelBytes()) - before) / (entriesEach * hosts);
  const [flipMs, idleMs]: [number[], number[]] = [[], []];
  const everywhere = (args: readonly string[]) =>
    timed(() => Promise.all(names.map((name) => run('bridge', ['-n', name, ...args], { signal }))));
  for (let round = 0; round < rounds; round += 1) {
    idleMs.push(await everywhere(['fdb', 'show', 'dev', 'lo']));
    const command = flip(0, 1 + (round % (hosts - 1)));
    flipMs.push(await everywhere(command));
    await eachOf(names, (name) => checkFlip(name, command, signal));
  }
  await namespaces.remove(names);
  return { hosts, entriesEach, bytesPerEntry, makeMs, fillMs, flipMs, idleMs };
}

/** Both machines, what the guest has written, and the rules that nothing may ever break. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type HostName, type Machine, newMachine, readDisk, writeDisk } from './machine.ts';

export type World = {
  readonly folder: string;
  readonly machines: Record<HostName, Machine>;
  readonly broken: string[];
  /** The guest's newest write. */
  write: number;
  trace(what: string): void;
};

export function newWorld(base: string, trace: World['trace']): World {
  const folder = mkdtempSync(join(base, 'run-'));
  return {
    ...{ folder, machines: { a: newMachine('a', folder), b: newMachine('b', folder) }, broken: [], write: 1 },
    trace,
  };
}

export const forget = ({ folder }: World): void => rmSync(folder, { recursive: true, force: true });

export const peerOf = ({ machines }: World, { name }: Machine): Machine => machines[name === 'a' ? 'b' : 'a'];

function breaks({ broken, trace }: World, what: string): void {
  broken.push(what);
  trace(`  BROKEN: ${what}`);
}

/** The guest executes there from now on, and writes. */
export function run(world: World, machine: Machine): void {
  const peer = peerOf(world, machine);
  machine.guest = 'running';
  machine.ram = true;
  world.trace(`  (runs on ${machine.name})`);
  if (peer.guest === 'running') breaks(world, 'two running copies');
  const has = readDisk(machine);
  if (has !== world.write)
    breaks(world, `runs on ${machine.name} without its last writes (${has ?? 'no disk'})`);
  peer.ram = false;
  world.write += 1;
  if (has !== undefined) writeDisk(machine, world.write);
}

/** All that the guest wrote is on its disk, and nothing of it is anywhere else. */
export function shutDown(world: World, machine: Machine): void {
  if (machine.guest !== 'running') return;
  machine.ram = false;
  machine.guest = machine.defined ? 'stopped' : 'absent';
  world.trace(`  (shut down on ${machine.name})`);
}

/** Ends the process; a definition may stay. */
export function destroy(world: World, machine: Machine): void {
  if (machine.guest === 'running') breaks(world, `the running guest on ${machine.name} is ended`);
  const last = machine.guest === 'paused' && machine.ram;
  if (last) breaks(world, `the last good memory, on ${machine.name}, is thrown away`);
  if (machine.guest !== 'absent') machine.guest = machine.defined ? 'stopped' : 'absent';
  machine.ram = false;
  machine.job = 'none';
}

/** To be looked at often: the last good disk must never go. */
export function lookAtDisks(world: World): void {
  const { a, b } = world.machines;
  if (readDisk(a) === world.write || readDisk(b) === world.write) return;
  if (!world.broken.includes('the last good disk is gone')) breaks(world, 'the last good disk is gone');
}

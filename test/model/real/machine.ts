/**
 * A host without hardware: a folder for what lasts, a libvirtd with its connections, and at most one QEMU for the guest.
 * Its disk is a real file whose last line says which of the guest's writes it has.
 */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Paths, pathsUnder } from '../../../src/guest-agent/paths.ts';

export const guestName = 'traveller';

export type HostName = 'a' | 'b';
export type Link = { readonly daemon: number; open: boolean; onClose: Set<() => void> };

export type Machine = {
  readonly name: HostName;
  readonly folder: string;
  /** As whoever looks at the disk from outside sees it. */
  readonly paths: Paths;
  up: boolean;
  /** Grows with each start of libvirtd; 0 while it is away. */
  daemon: number;
  guest: 'absent' | 'stopped' | 'running' | 'paused' | 'incoming';
  defined: boolean;
  /** The newest memory is here. */
  ram: boolean;
  job: 'none' | 'begun' | 'copying' | 'sent';
  /** The connection that holds this side of a migration. */
  holder: Link | undefined;
  /** How often any guest process was ended by a fault. */
  harmed: boolean;
};

export function newMachine(name: HostName, base: string): Machine {
  const folder = mkdtempSync(join(base, `${name}-`));
  mkdirSync(join(folder, 'state'));
  return {
    ...{ name, folder, paths: pathsUnder(join(folder, 'state')), up: true, daemon: 1, guest: 'absent' },
    ...{ defined: false, ram: false, job: 'none', holder: undefined, harmed: false },
  };
}

/** An agent's own way to the host's files: taken away, whoever still works there finds nothing. */
export function openDoor({ folder }: Machine, incarnation: number): { state: string; close(): void } {
  const state = join(folder, `door-${incarnation}`);
  symlinkSync(join(folder, 'state'), state);
  return { state, close: () => rmSync(state, { force: true }) };
}

const mark = (write: number): string => `\nwrite ${write}`;

export const writeDisk = (machine: Machine, write: number): void =>
  appendFileSync(machine.paths.disk(guestName), mark(write));

/** The newest write that is on the disk; `undefined` when there is no disk, 0 when it is new. */
export function readDisk({ paths }: Machine): number | undefined {
  const path = paths.disk(guestName);
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, 'latin1');
  return Number(/write (\d+)$/.exec(text)?.[1] ?? 0);
}

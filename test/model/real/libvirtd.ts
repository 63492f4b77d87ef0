/**
 * What libvirt and QEMU do on their own: when a connection closes, when the daemon is started again, and when a copy
 * ends. As told in src/guest-agent/migrate/outcome.ts.
 */
import { guestName, type Link, type Machine, readDisk, writeDisk } from './machine.ts';
import { peerOf, run, type World } from './world.ts';

export function closeLink(machine: Machine, link: Link): void {
  if (!link.open) return;
  link.open = false;
  for (const each of link.onClose) each();
  if (machine.holder !== link) return;
  machine.holder = undefined;
  if (machine.daemon === 0) return;
  if (machine.job === 'begun' || machine.job === 'sent') machine.job = 'none'; // what was sent stays paused
  if (machine.guest === 'incoming') Object.assign(machine, { guest: 'absent', ram: false });
}

/** QEMU goes on without its daemon. */
export function stopDaemon(machine: Machine): void {
  const { holder } = machine;
  machine.daemon = 0;
  machine.holder = undefined;
  if (holder !== undefined) closeLink(machine, holder);
}

export function startDaemon(world: World, machine: Machine, number: number): void {
  machine.daemon = number;
  const copying = machine.job === 'copying';
  machine.job = 'none';
  if (machine.guest === 'incoming') Object.assign(machine, { guest: 'absent', ram: false });
  if (copying && machine.guest === 'paused') run(world, machine); // a copy whose end it missed is called off
}

/** Everything has been sent, and the guest is paused. @returns `false` when the copy cannot end well any more. */
export function endCopy(world: World, machine: Machine): boolean {
  const peer = peerOf(world, machine);
  if (machine.job !== 'copying' || machine.guest !== 'running') return false;
  if (peer.guest !== 'incoming') {
    if (machine.daemon !== 0) machine.job = 'none';
    return false;
  }
  machine.guest = 'paused';
  peer.ram = true;
  if (machine.daemon !== 0) machine.job = machine.holder === undefined ? 'none' : 'sent';
  const has = readDisk(machine);
  if (has !== undefined && readDisk(peer) !== undefined) writeDisk(peer, has);
  return true;
}

/** The process has died. */
export function killGuest(machine: Machine): void {
  if (machine.guest === 'absent') return;
  if (machine.ram && machine.guest !== 'incoming') machine.harmed = true;
  const stays = machine.defined && machine.guest !== 'incoming';
  Object.assign(machine, { guest: stays ? 'stopped' : 'absent', ram: false });
}

export { guestName };

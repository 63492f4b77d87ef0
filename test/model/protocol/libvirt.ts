/**
 * What libvirt and QEMU do in the model, with what libvirt's QEMU driver does when a connection closes or the daemon
 * is started again (see src/guest-agent/migrate/outcome.ts). Each change that could lose a guest is judged here.
 */
import { type At, breaks, type Host, type Op, other, type World } from './world.ts';

/** The guest executes here from now on: what the other host has of it is old. */
export function run(world: World, at: At): void {
  const [here, there] = [world.hosts[at], world.hosts[other(at)]];
  here.guest = 'running';
  here.ram = true;
  if (there.guest === 'running') breaks(world, 'two running copies');
  if (here.disk !== 'good') breaks(world, `runs on a ${here.disk} disk`);
  if (there.disk === 'good') there.disk = 'stale';
  there.ram = false;
}

/** Ends the process and the definition, as destroy and undefine do. */
export function erase(world: World, at: At): void {
  const here = world.hosts[at];
  if (here.guest === 'running') breaks(world, 'a running guest is erased');
  if (here.guest === 'paused' && here.ram) breaks(world, 'the last good memory is erased');
  Object.assign(here, { guest: 'absent', defined: false, ram: false, job: 'none' });
}

export function removeDisk(world: World, at: At): void {
  const here = world.hosts[at];
  if (here.disk === 'good' && world.hosts[other(at)].disk !== 'good')
    breaks(world, 'the last good disk is erased');
  here.disk = 'none';
}

/** What libvirt does when the connection that holds a side goes away. */
export function letGo(host: Host): void {
  host.held = 0;
  if (!host.libvirt) return;
  if (host.job === 'begun' || host.job === 'sent') host.job = 'none'; // sent: the guest stays paused
  if (host.guest === 'incoming') Object.assign(host, { guest: 'absent', ram: false });
}

/** The daemon is there again, and looks at the jobs that it finds in its files. */
export function startDaemon(world: World, at: At): void {
  const host = world.hosts[at];
  host.libvirt = true;
  const copying = host.job === 'copying';
  host.job = 'none';
  if (host.guest === 'incoming') Object.assign(host, { guest: 'absent', ram: false });
  if (copying && host.guest === 'paused') run(world, at); // a copy without its finish is called off
}

/** Everything has been sent; the source has stopped the guest, and waits. */
export function sendAll(world: World, at: At): void {
  const [source, destination] = [world.hosts[at], world.hosts[other(at)]];
  source.guest = 'paused';
  if (source.libvirt) source.job = source.performing === 0 ? 'none' : 'sent';
  if (source.disk === 'good') destination.disk = 'good';
  destination.ram = source.ram;
}

export const isCopying = ({ job }: Host): boolean => job === 'copying';

/** libvirt's Finish: `false` when it removes what waited. */
export function finish(world: World, at: At): boolean {
  const host = world.hosts[at];
  if (host.guest !== 'incoming' || !host.ram) {
    if (host.guest === 'incoming') host.guest = 'absent';
    return false;
  }
  host.defined = true;
  run(world, at);
  return true;
}

export function beginJob(host: Host, op: Op): void {
  host.held = op;
  host.job = 'begun';
}

/**
 * What libvirt and QEMU do in the model, with what libvirt's QEMU driver does when a connection closes or the daemon
 * is started again (see src/guest-agent/migrate/outcome.ts). Each change that could lose a guest is judged here.
 */
import { type At, breaks, type Host, type Op, other, type World } from './world.ts';

/** The guest executes here from now on: what the other host has of it is old. */
export function run(world: World, at: At): void {
  const [here, there] = [world.hosts[at], world.hosts[other(at)]];
  if (here.post === 'out') breaks(world, 'the source is woken after the switch');
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
  const there = world.hosts[other(at)];
  if (here.guest === 'running') breaks(world, 'a running guest is erased');
  if (here.post === 'out' && there.post === 'in') breaks(world, 'memory that the guest lacks is erased');
  if (here.guest === 'paused' && here.ram) breaks(world, 'the last good memory is erased');
  Object.assign(here, { guest: 'absent', defined: false, ram: false, post: 'no', job: 'none' });
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
  if (host.guest === 'incoming') Object.assign(host, { guest: 'absent', ram: false, post: 'no' });
}

/** The daemon is there again, and looks at the jobs that it finds in its files. */
export function startDaemon(world: World, at: At): void {
  const host = world.hosts[at];
  host.libvirt = true;
  const copying = host.job === 'copying';
  host.job = 'none';
  if (host.guest === 'incoming') Object.assign(host, { guest: 'absent', ram: false, post: 'no' });
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

/** The guest goes over before its memory; its disk is there already. */
export function switchOver(world: World, at: At): void {
  const [source, destination] = [world.hosts[at], world.hosts[other(at)]];
  Object.assign(source, { guest: 'paused', post: 'out', ram: false, job: 'sent' });
  if (source.disk === 'good') destination.disk = 'good';
  Object.assign(destination, { ram: true, post: 'in' });
}

/** What a source that has switched still sends. */
export const canSend = ({ guest, post }: Host): boolean => guest === 'paused' && post === 'out';

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

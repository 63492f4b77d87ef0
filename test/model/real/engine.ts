/** The engine that the agent's own code works with, over a simulated libvirt. Each call may be struck before and after it. */
import type { Engine, GuestState, MigrationSide } from '../../../src/guest-agent/engines/engine.ts';
import { errorCodes } from '../../../src/libvirt/error-codes.ts';
import { LibvirtConnectionError, LibvirtError } from '../../../src/libvirt/errors.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import type { Points } from './faults.ts';
import { closeLink, endCopy } from './libvirtd.ts';
import { guestName, type Link, type Machine } from './machine.ts';
import { destroy, lookAtDisks, run, shutDown, type World } from './world.ts';

export type Bench = { world: World; machine: Machine; points: Points; isAlive(): boolean };

const bytes = (text: string): Uint8Array => Buffer.from(text);
const lost = () => new LibvirtConnectionError('closed', 'The connection was closed.');
const refused = (code: keyof typeof errorCodes, message: string) =>
  new LibvirtError(message, {
    ...{ code: errorCodes[code], domain: 10, message, level: 2 },
    ...{ str1: undefined, str2: undefined, str3: undefined, int1: 0, int2: 0 },
  });

/** One call over a link to the daemon, or over the shared one, which is made anew when needed. */
async function call<T>(bench: Bench, name: string, effect: () => T, link?: Link): Promise<T> {
  const { machine, points, world } = bench;
  await points.pass(`${machine.name} ${name}`);
  lookAtDisks(world);
  if (!bench.isAlive()) throw lost();
  if (link !== undefined && !link.open) throw lost();
  if (machine.daemon === 0) throw new BlanketError('libvirt.unreachable', 'libvirt does not answer.');
  const { daemon } = machine;
  const result = effect();
  await points.pass(`${machine.name} ${name} is done`);
  if (!bench.isAlive() || machine.daemon !== daemon || link?.open === false) throw lost();
  return result;
}

/** Only asks: one point is enough. */
async function look<T>(bench: Bench, name: string, effect: () => T): Promise<T> {
  const { machine, points } = bench;
  await points.pass(`${machine.name} ${name}`);
  if (!bench.isAlive()) throw lost();
  if (machine.daemon === 0) throw new BlanketError('libvirt.unreachable', 'libvirt does not answer.');
  return effect();
}

const shown = ({ guest }: Machine): GuestState => (guest === 'incoming' ? 'paused' : guest);

/** Sends the guest; goes on without the agent that asked for it. */
async function copy(bench: Bench, link: Link): Promise<{ cookie: Uint8Array }> {
  const { machine, points, world } = bench;
  machine.job = 'copying';
  await points.pass(`${machine.name} copying`);
  await points.pass(`${machine.name} copying still`);
  const sent = endCopy(world, machine);
  await points.pass(`${machine.name} copied`);
  if (!bench.isAlive() || !link.open) throw lost();
  if (sent) return { cookie: bytes('performed') };
  if (isCalledOff(machine)) throw refused('operationAborted', 'migration job: canceled by client');
  throw refused('operationFailed', 'migration job: unexpectedly failed');
}

const isCalledOff = ({ job }: Machine): boolean => job === 'begun';

function stopCopy({ machine }: Bench): void {
  if (machine.job === 'copying' && machine.guest === 'running')
    machine.job = machine.holder === undefined ? 'none' : 'begun';
}

const listeners = new WeakMap<Link, Set<() => void>>();

function finish({ world, machine }: Bench, link: Link, cancelled: boolean): { cookie: Uint8Array } {
  machine.holder = undefined;
  if (cancelled || machine.guest !== 'incoming' || !machine.ram) {
    if (machine.guest === 'incoming') Object.assign(machine, { guest: 'absent', ram: false });
    if (cancelled) return { cookie: bytes('') };
    throw refused('operationFailed', 'the guest has gone');
  }
  machine.defined = true;
  run(world, machine);
  for (const listener of listeners.get(link) ?? []) listener();
  return { cookie: bytes('finished') };
}

function confirm({ world, machine }: Bench, cancelled: boolean): void {
  machine.holder = undefined;
  machine.job = 'none';
  if (cancelled) {
    if (machine.guest === 'paused') run(world, machine);
    return;
  }
  machine.defined = false;
  destroy(world, machine);
}

function begin({ machine }: Bench, link: Link) {
  if (machine.guest !== 'running') throw refused('operationInvalid', 'domain is not running');
  if (machine.job !== 'none') throw refused('operationInvalid', 'another job is active');
  machine.holder = link;
  machine.job = 'begun';
  return { xml: '<domain/>', cookie: bytes('begun') };
}

function wait({ machine }: Bench, link: Link) {
  if (machine.guest !== 'absent') throw refused('operationFailed', 'domain exists already');
  machine.holder = link;
  machine.guest = 'incoming';
  return { uri: 'tcp://10.90.0.2:49152', cookie: bytes('prepared') };
}

function sideOver(bench: Bench, link: Link): MigrationSide {
  const { machine } = bench;
  listeners.set(link, new Set());
  const over = <T>(name: string, effect: () => T): Promise<T> => call(bench, name, effect, link);
  const side: Partial<MigrationSide> = {
    begin: () => over('begin', () => begin(bench, link)),
    prepare: () => over('prepare', () => wait(bench, link)),
    onRunning: (listener) => void listeners.get(link)?.add(listener),
    perform: async () => {
      await over('perform', () => undefined);
      return copy(bench, link);
    },
    finish: ({ cancelled }) => over(`finish ${cancelled}`, () => finish(bench, link, cancelled)),
    confirm: ({ cancelled }) => over(`confirm ${cancelled}`, () => confirm(bench, cancelled)),
    stats: async () => undefined,
    finalStats: async () => undefined,
    setMaxDowntime: async () => undefined,
    abort: () => over('abort', () => stopCopy(bench)),
    close: async () => closeLink(machine, link),
    isOpen: () => link.open,
  };
  return side as MigrationSide;
}

/** What a migration uses of an engine; a call of anything else ends the run. */
export function engineOf(bench: Bench, links: Set<Link>): Engine {
  const { machine, world } = bench;
  const starts = () => {
    if (machine.guest === 'running') throw refused('operationInvalid', 'domain is already running');
    run(world, machine);
  };
  const engine: Partial<Engine> = {
    list: () => look(bench, 'list', () => [{ name: guestName, uuid: '', state: shown(machine) }]),
    state: () => look(bench, 'state', () => shown(machine)),
    define: () =>
      call(bench, 'define', () => {
        machine.defined = true;
        if (machine.guest === 'absent') machine.guest = 'stopped';
      }),
    start: () => call(bench, 'start', starts),
    shutdown: () => call(bench, 'shutdown', () => shutDown(world, machine)),
    resume: () =>
      call(bench, 'resume', () => {
        if (machine.guest !== 'paused') throw refused('operationInvalid', 'domain is not paused');
        run(world, machine);
      }),
    destroy: () => call(bench, 'destroy', () => destroy(world, machine)),
    undefine: () =>
      call(bench, 'undefine', () => {
        machine.defined = false;
        if (machine.guest === 'stopped') machine.guest = 'absent';
      }),
    persist: () =>
      call(bench, 'persist', () => {
        machine.defined = machine.guest !== 'absent';
      }),
    openMigration: () =>
      call(bench, 'connect', () => {
        const link: Link = { daemon: machine.daemon, open: true, onClose: new Set() };
        links.add(link);
        return sideOver(bench, link);
      }),
    postCopy: async () => 'none',
    breakPostCopy: async () => undefined,
    isCopying: () => look(bench, 'isCopying', () => machine.job === 'copying'),
    abortCopy: () => call(bench, 'abortCopy', () => stopCopy(bench)),
  };
  return engine as Engine;
}

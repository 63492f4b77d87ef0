/** Everything that can go wrong next, each at the price of one fault. */
import { giveUp, go, isOver, startOf } from './control.ts';
import { letGo } from './libvirt.ts';
import type { Move } from './moves.ts';
import type { Rules } from './rules.ts';
import { deliver, losePerform } from './turns.ts';
import { type At, copyOf, type Host, keyOfRequest, other, type World } from './world.ts';

type Fault = [string, (world: World, rules: Rules) => boolean];

/** What was on its way over lines that are gone, and the answers that would have come back over them. */
function cutLines(world: World, at: At): void {
  const { control } = world;
  world.sent = world.sent.filter(({ to }) => to !== at);
  const there = [
    'prepare',
    'finish',
    'ask',
    'arrive',
    'revive',
    'keep-there',
    'u-discard',
    'cleanup',
  ].includes(control.place);
  if ((there ? other(control.source) : control.source) === at) control.waiting = false;
}

function killAgent(world: World, at: At): void {
  const host = world.hosts[at];
  Object.assign(host, { agent: false, doing: null, performing: 0, writing: 0, cancelled: 0 });
  if (host.held !== 0) letGo(host);
  cutLines(world, at);
}

/** With the daemon go the connections to it; QEMU goes on. */
function killDaemon(world: World, at: At, rules: Rules): void {
  const host = world.hosts[at];
  host.libvirt = false;
  host.held = 0;
  losePerform(world, at, rules);
}

const ended = (host: Host): Host['guest'] =>
  host.defined && host.guest !== 'incoming' ? 'stopped' : 'absent';

function killHost(world: World, at: At): void {
  const host = world.hosts[at];
  const guest = host.guest === 'absent' ? 'absent' : ended(host);
  killAgent(world, at);
  Object.assign(host, { up: false, libvirt: false, guest, ram: false, post: 'no', job: 'none', held: 0 });
}

const atHost = (at: At): Fault[] => [
  [
    `agent ${at} dies`,
    (world) => {
      if (!world.hosts[at].agent) return false;
      killAgent(world, at);
      return true;
    },
  ],
  [
    `libvirtd ${at} dies`,
    (world, rules) => {
      if (!world.hosts[at].libvirt) return false;
      killDaemon(world, at, rules);
      return true;
    },
  ],
  [
    `host ${at} dies`,
    (world) => {
      if (!world.hosts[at].up) return false;
      killHost(world, at);
      return true;
    },
  ],
  [
    `QEMU on ${at} dies`,
    (world) => {
      const host = world.hosts[at];
      const arrives = at !== world.control.source && (host.guest === 'incoming' || host.guest === 'running');
      if (!arrives) return false;
      Object.assign(host, { guest: ended(host), ram: false, post: 'no' });
      return true;
    },
  ],
];

const ofControl: Fault[] = [
  [
    'control dies',
    ({ control }, rules) => {
      if (!control.up) return false;
      Object.assign(control, { up: false, waiting: false, place: startOf(control.place) });
      if (!rules.cancelIsKept) control.cancel = false;
      return true;
    },
  ],
  [
    'control hears no answer',
    ({ control }) => {
      if (!control.up || !control.waiting) return false;
      control.waiting = false;
      return true;
    },
  ],
  [
    'control gives up',
    (world) => {
      const { control } = world;
      if (!control.up || control.place === 'attention' || isOver(control.place)) return false;
      giveUp(world);
      return true;
    },
  ],
  [
    'control does not wait for finish',
    (world, rules) => {
      const { control } = world;
      if (rules.confirmsAfterFinish || !control.up || control.place !== 'finish') return false;
      go(world, 'confirm');
      return true;
    },
  ],
];

const faults: Fault[] = [...ofControl, ...atHost(0), ...atHost(1)];

/** Faults strike while a migration is under way; between migrations nothing is at stake that they could harm. */
export function faultsOf(world: World, rules: Rules): Move[] {
  if (world.faults === 0 || isOver(world.control.place)) return [];
  const moves: Move[] = [];
  let next = copyOf(world);
  const attempt = (what: string, act: (then: World) => boolean) => {
    if (!act(next)) return;
    next.faults -= 1;
    moves.push({ what: `! ${what}`, world: next });
    next = copyOf(world);
  };
  for (const [what, act] of faults) attempt(what, (then) => act(then, rules));
  for (const [index, request] of world.sent.entries()) {
    const key = keyOfRequest(request);
    attempt(`${key} is lost`, (then) => then.sent.splice(index, 1).length > 0);
    attempt(`${key} arrives twice`, (then) => deliver(then, request, rules));
  }
  return moves;
}

import { ask, asking, go, isOver, migrateAgain, passOver } from './control.ts';
import { isCopying, run, sendAll, startDaemon } from './libvirt.ts';
import { postCopies } from './post-copy.ts';
import type { Rules } from './rules.ts';
import { deliver, endPerform, flush, work } from './turns.ts';
import { type At, copyOf, keyOfRequest, other, type Request, type World } from './world.ts';

export type Move = { what: string; world: World };

export type Try = (world: World) => boolean;

const copies = (at: At, rules: Rules): [string, Try][] => [
  [
    `the copy from ${at} ends`,
    (world) => {
      const [source, destination] = [world.hosts[at], world.hosts[other(at)]];
      const can = isCopying(source) && source.guest === 'running' && destination.guest === 'incoming';
      if (!can) return false;
      sendAll(world, at);
      if (source.libvirt) endPerform(world, at, true, rules);
      return true;
    },
  ],
  [
    `the copy from ${at} fails`,
    (world) => {
      const [source, destination] = [world.hosts[at], world.hosts[other(at)]];
      if (!isCopying(source) || !source.libvirt || destination.guest === 'incoming') return false;
      if (source.guest === 'paused') run(world, at);
      source.job = 'none';
      endPerform(world, at, false, rules);
      return true;
    },
  ],
  [
    `the copy from ${at} is called off`,
    (world) => {
      const host = world.hosts[at];
      if (host.performing === 0 || host.performing !== host.cancelled || host.job !== 'begun') return false;
      endPerform(world, at, false, rules);
      return true;
    },
  ],
];

const agents = (at: At, rules: Rules): [string, Try][] => [
  [
    `agent ${at} goes on`,
    (world) => {
      if (world.hosts[at].doing === null) return false;
      work(world, at, rules);
      return true;
    },
  ],
  [
    `host ${at} or its daemons start again`,
    (world) => {
      const host = world.hosts[at];
      if (host.up && host.agent && host.libvirt) return false;
      const daemon = !host.libvirt;
      Object.assign(host, { up: true, agent: true });
      if (daemon) startDaemon(world, at);
      return true;
    },
  ],
  [
    `the record on ${at} is written`,
    (world) => {
      const pending = world.hosts[at].writing !== 0;
      flush(world.hosts[at]);
      return pending;
    },
  ],
];

/** The call, or its answer, may still be on its way. */
function isPending({ hosts, sent }: World, request: Request): boolean {
  const { doing, performing } = hosts[request.to];
  if (request.method === 'perform' && performing === request.op) return true;
  if (doing?.method === request.method && doing.op === request.op) return true;
  return sent.some((each) => keyOfRequest(each) === keyOfRequest(request));
}

/** A call whose answer will not come is asked again. */
const repeat: Try = (world) => {
  const { control, hosts } = world;
  const request = asking(world);
  if (!control.up || request === undefined || !hosts[request.to].agent) return false;
  if (control.waiting && isPending(world, request)) return false;
  ask(world);
  return true;
};

const controls: [string, Try][] = [
  ['control asks again', repeat],
  ['control passes the destination over', (world) => world.control.up && passOver(world)],
  [
    'control starts again',
    (world) => {
      if (world.control.up) return false;
      world.control.up = true;
      go(world, world.control.place);
      return true;
    },
  ],
  [
    'a person resumes',
    (world) => {
      if (!world.control.up || world.control.place !== 'attention') return false;
      go(world, world.control.resumeAt);
      return true;
    },
  ],
  [
    'a person cleans up',
    ({ control }) => {
      if (!control.up || control.place !== 'undone' || !control.left) return false;
      control.place = 'cleanup';
      return true;
    },
  ],
  [
    'a second migration',
    (world) => {
      const { control } = world;
      // what was left there blocks the next one, in its plan
      if (!control.up || !isOver(control.place) || control.left || control.op === 2) return false;
      if (!world.person) return false;
      migrateAgain(world);
      return true;
    },
  ],
];

const cancellable = ['begin', 'prepare', 'perform'];

/** What a person may do at any time, once a migration. */
const cancelled: [string, Try] = [
  'a person cancels',
  (world) => {
    const { control, sent } = world;
    if (!world.person || !control.up || control.wish || !cancellable.includes(control.place)) return false;
    Object.assign(control, { cancel: true, wish: true });
    if (control.place === 'perform') sent.push({ to: control.source, method: 'cancel', op: control.op });
    return true;
  },
];

const tries = new Map<Rules, [string, Try][]>();
function triesOf(rules: Rules): [string, Try][] {
  const known = tries.get(rules);
  if (known !== undefined) return known;
  const ofHosts = ([0, 1] as const).flatMap((at) => [
    ...agents(at, rules),
    ...copies(at, rules),
    ...postCopies(at, rules),
  ]);
  const all = [...controls, cancelled, ...ofHosts];
  tries.set(rules, all);
  return all;
}

export function movesOf(world: World, rules: Rules): Move[] {
  const moves: Move[] = [];
  let next = copyOf(world);
  /** What cannot be done changes nothing, so its copy serves the next one. */
  const attempt = (what: string, act: Try) => {
    if (!act(next)) return;
    moves.push({ what, world: next });
    next = copyOf(world);
  };
  for (const [what, act] of triesOf(rules)) attempt(what, act);
  const seen = new Set<string>();
  for (const [index, request] of world.sent.entries()) {
    const key = keyOfRequest(request);
    if (seen.has(key)) continue;
    seen.add(key);
    attempt(`${key} arrives`, (then) => {
      if (!deliver(then, request, rules)) return false;
      // an answer may have made control ask for something, at the end
      then.sent.splice(index, 1);
      return true;
    });
  }
  return moves;
}

/**
 * Every world that can be reached, breadth first, so that the way to a broken one is a shortest one. Then, backwards from
 * the ends: from each world an end must be reachable by moves alone, without a fault. As no move is ever
 * denied for good, that is to say that every migration ends once things stop going wrong.
 */
import { isOver } from './control.ts';
import { faultsOf } from './faults.ts';
import { type Move, movesOf } from './moves.ts';
import type { Rules } from './rules.ts';
import { firstWorld, keyOf, other, type World } from './world.ts';

export type Found = { what: string; way: string[] };
export type Explored = { worlds: number; ends: number; found: Found | undefined };

/** Nobody does or owes anything any more. */
const isQuiet = ({ control, hosts, sent }: World): boolean =>
  control.up &&
  sent.length === 0 &&
  hosts.every(
    (host) =>
      host.agent && host.libvirt && host.doing === null && host.performing === 0 && host.writing === 0,
  );

/** What an end must look like. */
function leftAt(world: World): string {
  const { control, hosts } = world;
  if (!isOver(control.place) || !isQuiet(world)) return '';
  const [here, there] = [hosts[control.source], hosts[other(control.source)]];
  const [home, away] = control.place === 'done' ? [there, here] : [here, there];
  if (home.disk !== 'good') return `${control.place}, and the guest is not where it is said to be`;
  if (control.left) return '';
  if (away.guest !== 'absent' || away.disk !== 'none') return `${control.place}, and something is left over`;
  if (home.post !== 'no') return `${control.place}, and memory is missing`;
  return home.job === 'none' && home.held === 0 ? '' : `${control.place}, and a job is left over`;
}

const judge = (world: World): string =>
  world.broken || (world.hosts.some(({ disk }) => disk === 'good') ? leftAt(world) : 'no good disk anywhere');

type Graph = { keys: Map<string, number>; from: number[]; what: string[]; back: number[][]; ends: number[] };

function wayTo({ from, what }: Graph, index: number): string[] {
  const way: string[] = [];
  for (let at = index; at > 0; at = from[at] ?? 0) way.unshift(what[at] ?? '');
  return way;
}

/** The first world from which no end can be reached. */
function stuck({ from, back, ends }: Graph): number {
  const ending = new Uint8Array(from.length);
  const open = [...ends];
  for (const end of ends) ending[end] = 1;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const before of back[next] ?? []) {
      if (ending[before] === 1) continue;
      ending[before] = 1;
      open.push(before);
    }
  }
  return ending.indexOf(0);
}

/**
 * @param faults how many may happen, at any places. @param person whether a person may cancel at any time, and migrate
 * once more after the first migration. @param postcopy whether the guest may go ahead of its memory.
 */
export function explore(rules: Rules, faults: number, person: boolean, postcopy = false): Explored {
  const first = firstWorld(faults, person, postcopy);
  first.control.waiting = true;
  first.sent.push({ to: 0, method: 'begin', op: 1 });
  const graph: Graph = { keys: new Map([[keyOf(first), 0]]), from: [0], what: [''], back: [[]], ends: [] };
  const worlds: World[] = [first];
  let broken: Found | undefined;
  const add = (before: number, { what, world }: Move, fault: boolean): void => {
    const key = keyOf(world);
    let index = graph.keys.get(key);
    if (index === undefined) {
      index = graph.from.push(before) - 1;
      graph.keys.set(key, index);
      graph.what.push(what);
      graph.back.push([]);
      worlds.push(world);
      const wrong = judge(world);
      if (wrong !== '') broken ??= { what: wrong, way: wayTo(graph, index) };
    }
    if (!fault) graph.back[index]?.push(before);
  };
  for (let at = 0; at < worlds.length && broken === undefined; at += 1) {
    const world = worlds[at] as World;
    if (isOver(world.control.place) && isQuiet(world)) graph.ends.push(at);
    for (const move of movesOf(world, rules)) add(at, move, false);
    for (const move of faultsOf(world, rules)) add(at, move, true);
    delete worlds[at]; // only its key and its neighbours are needed from here on
  }
  const counts = { worlds: worlds.length, ends: graph.ends.length };
  if (broken !== undefined) return { ...counts, found: broken };
  const dead = stuck(graph);
  return {
    ...counts,
    found: dead === -1 ? undefined : { what: 'no end can be reached', way: wayTo(graph, dead) },
  };
}

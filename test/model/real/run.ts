/** One migration with a plan of faults, to its end; then everything is healed, taken up again, and looked at. */
import './clock.ts';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore, type Store } from '../../../src/control/store/store.ts';
import { guestRecord } from '../../control/fleet/rig.ts';
import { hostRecord } from '../../control/host-record.ts';
import { guestSpec } from '../../guest-agent/spec.ts';
import { tunnel } from '../../guest-agent/tunnel/config.ts';
import { type ControlProcess, startControl } from './control-process.ts';
import { type Fault, type FaultKind, type Points, pointsOf } from './faults.ts';
import { type Fleet, fleetOf } from './fleet.ts';
import type { Ground } from './ground.ts';
import { type Lines, linesOf } from './lines.ts';
import { guestName, type Machine, readDisk, writeDisk } from './machine.ts';
import { patience } from './patience.ts';
import { restOf, settle, type Way, wishOf } from './ways.ts';
import { forget, newWorld, peerOf, type World } from './world.ts';

export type Ran = {
  state: string;
  code: string | undefined;
  points: number;
  trace: string[];
  broken: string[];
};

type Scene = {
  world: World;
  points: Points;
  fleet: Fleet;
  lines: Lines;
  store: Store;
  control: ControlProcess;
  cancelled: boolean;
  way: Way;
};

const realPause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function furnish({ machines, folder }: World, ground: Ground, way: Way): Store {
  const spec = guestSpec({ image: ground.digest, nics: [] });
  for (const { paths } of Object.values(machines)) {
    for (const folderOf of [paths.images, paths.guests, paths.migrations])
      mkdirSync(folderOf, { recursive: true });
    copyFileSync(ground.image, paths.image(ground.digest));
    writeFileSync(paths.tunnel, JSON.stringify(tunnel({ address: '127.0.0.1' })));
  }
  const { a } = machines;
  mkdirSync(a.paths.diskFolder(guestName), { recursive: true });
  copyFileSync(ground.image, a.paths.disk(guestName));
  writeFileSync(a.paths.guest(guestName), JSON.stringify(spec));
  const store = openStore(join(folder, 'control.db'));
  store.hosts.insert(hostRecord('a', 1));
  store.hosts.insert(hostRecord('b', 2));
  const { diskBytes } = spec;
  store.guests.insert(
    guestRecord(guestName, 'a', { digest: ground.digest, diskBytes, nics: [], state: restOf(way) }),
  );
  return store;
}

const fresh = (scene: Pick<Scene, 'store' | 'world' | 'lines'>): ControlProcess =>
  startControl(scene.store, scene.world.folder, scene.lines.agentsFor);

function strike(scene: Scene, id: () => string | undefined, kind: FaultKind): void {
  if (kind === 'control dies') scene.control.kill();
  else if (kind === 'the line breaks') scene.lines.breakOne();
  else if (kind === 'the message comes late') scene.lines.delayOne();
  else if (kind !== 'a person cancels') scene.fleet.strike(kind);
  else {
    const operation = id();
    if (operation === undefined || !scene.control.isAlive()) return;
    try {
      scene.control.operations.cancel(operation);
      scene.cancelled = true;
    } catch {
      scene.points.trace.push('  (refused)'); // too late, and the person is told so
    }
  }
}

async function untilEnded(scene: Scene, id: string): Promise<boolean> {
  const isEnough = patience();
  while (scene.store.operations.get(id).state === 'running') {
    scene.fleet.look();
    if (!scene.control.isAlive()) {
      for (let turns = 0; turns < 20; turns += 1) await realPause();
      scene.points.trace.push('  (control starts again)');
      scene.control = fresh(scene);
      scene.control.operations.recoverAll();
    }
    await realPause();
    if (isEnough(scene.points.passed)) return false;
  }
  return true;
}

/** As a person would with `blanket op resume`. */
async function takeUp(scene: Scene, id: string): Promise<boolean> {
  scene.points.trace.push('  (resumed)');
  scene.control.operations.resume(id);
  return untilEnded(scene, id);
}

/** What stayed on a host that was away is removed when it is back. */
async function cleanUp({ store, fleet, points }: Scene, id: string): Promise<void> {
  const { leftBehind } = store.operations.get(id).flowState;
  if (leftBehind !== 'a' && leftBehind !== 'b') return;
  points.trace.push(`  (cleaned up on ${leftBehind})`);
  const call = { progress: () => undefined, signal: new AbortController().signal };
  await fleet.agent(leftBehind).call('migrate.discard', { operation: id, guest: guestName }, call);
}

function leftOn(machine: Machine): string[] {
  const { paths, name } = machine;
  const left: string[] = [];
  if (machine.guest !== 'absent') left.push(`${name} still has a ${machine.guest} guest`);
  if (readDisk(machine) !== undefined) left.push(`${name} still has a disk`);
  if (existsSync(paths.guest(guestName))) left.push(`${name} still has a spec`);
  return left;
}

const openOn = ({ paths, name }: Machine): string[] =>
  readdirSync(paths.migrations)
    .filter((file) => file.endsWith('.json'))
    .filter((file) => JSON.parse(readFileSync(join(paths.migrations, file), 'utf8')).closed !== true)
    .map(() => `${name} still has an open record`);

function judge(scene: Scene, id: string): string[] {
  const { store, world, cancelled, way } = scene;
  const rest = restOf(way);
  const { state } = store.operations.get(id);
  const record = store.guests.get(guestName);
  const home = world.machines[record.host === 'a' ? 'a' : 'b'];
  const away = peerOf(world, home);
  const wrong: string[] = [];
  if (!['done', 'rolled-back', 'cancelled', 'failed'].includes(state)) wrong.push(`it ended as ${state}`);
  if (cancelled && state === 'done') wrong.push('it was cancelled, and went on');
  if (record.state !== rest) wrong.push(`control says that the guest is ${record.state}`);
  if (home.guest !== rest && !(home.harmed || away.harmed))
    wrong.push(`the guest is ${home.guest} on ${home.name}`);
  if (readDisk(home) !== world.write) wrong.push(`${home.name} lacks the last writes`);
  for (const { name, job, holder } of [home, away]) {
    if (job !== 'none' || holder !== undefined) wrong.push(`a job is left on ${name}`);
  }
  return [...wrong, ...leftOn(away), ...openOn(home), ...openOn(away)];
}

/** The guest goes on to the other host, and nothing that was may hold it up or come in between. */
async function migrateOn(scene: Scene): Promise<string[]> {
  const { store, points, lines } = scene;
  const source = store.guests.get(guestName).host;
  const from = scene.world.machines[source === 'a' ? 'a' : 'b'];
  if (from.guest !== restOf(scene.way)) return []; // it died with its host, and only a person starts it again
  points.trace.push('  (migrated once more)');
  scene.cancelled = false;
  const id = startAt(scene, source);
  const ended = await untilEnded(scene, id);
  lines.deliverAll();
  await lines.settled();
  if (!ended) return ['the next migration never ends'];
  const { state } = store.operations.get(id);
  return [...(state === 'done' ? [] : [`the next migration ends as ${state}`]), ...judge(scene, id)];
}

const startAt = ({ control, way }: Scene, source: string): string =>
  control.operations.start('guest.migrate', `guest/${guestName}`, {
    ...{ guest: guestName, source, destination: source === 'a' ? 'b' : 'a', ...wishOf(way) },
  }).id;

export async function migrate(ground: Ground, plan: readonly Fault[], way: Way = 'live'): Promise<Ran> {
  const points = pointsOf(plan);
  const world = newWorld(ground.folder, (what) => points.trace.push(what));
  const store = furnish(world, ground, way);
  writeDisk(world.machines.a, world.write);
  settle(world, world.machines.a, way);
  const fleet = fleetOf(world, points);
  const lines = linesOf(fleet, points, ground.digest);
  const scene: Scene = {
    world,
    points,
    fleet,
    lines,
    store,
    control: fresh({ store, world, lines }),
    cancelled: false,
    way,
  };
  let id: string | undefined;
  points.strike = (kind) => strike(scene, () => id, kind);
  id = startAt(scene, 'a');
  let ended = await untilEnded(scene, id);
  points.strike = () => undefined;
  fleet.heal();
  lines.heal();
  if (ended && store.operations.get(id).state === 'attention') ended = await takeUp(scene, id);
  if (ended) await cleanUp(scene, id).catch((error: Error) => world.broken.push(`cleanup: ${error.message}`));
  await lines.settled();
  const wrong = ended ? judge(scene, id) : ['it never ends'];
  if (wrong.length === 0) wrong.push(...(await migrateOn(scene)));
  const { state, problem } = store.operations.get(id);
  scene.control.kill();
  store.close();
  forget(world);
  return {
    state,
    code: problem?.code,
    points: points.passed,
    trace: points.trace,
    broken: [...world.broken, ...wrong],
  };
}

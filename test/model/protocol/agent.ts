/**
 * An agent in the model: each call is a list of steps, between any two of which the agent may die. A step gives the
 * answer, or nothing when there is a further one. The order of effects and records is that of src/guest-agent/migrate.
 */
import { beginJob, canSend, erase, finish, isCopying, removeDisk } from './libvirt.ts';
import { confirm, discard, keepHere } from './outcome.ts';
import {
  closeSide,
  hasSwitched,
  isBusy,
  isOpen,
  keep,
  open,
  recordOf,
  type Scene,
  type Step,
} from './scene.ts';
import { type Method, type Op, other } from './world.ts';

/** Another operation's open record of which nothing lives is closed; `false` when something does. */
function admit(scene: Scene): boolean {
  const before = { ...scene, op: (3 - scene.op) as Op };
  const record = recordOf(before);
  if (!isOpen(record)) return true;
  const { host } = scene;
  const superseded = scene.rules.leases && before.op < scene.op && record.side === 'destination';
  if (host.performing === before.op || (host.held === before.op && !superseded)) return false;
  if (superseded) closeSide(before);
  const over =
    record.side === 'source' ? host.guest === 'running' && !isCopying(host) : host.guest === 'absent';
  if (record.step !== 'none' && !over) return false;
  keep(before, { closed: true, cancelled: true });
  return true;
}

const isShut = (scene: Scene): boolean => scene.rules.closedDoors && recordOf(scene)?.closed === true;

const begin: Step[] = [
  (scene) => {
    const { host, op } = scene;
    const step = recordOf(scene)?.step;
    if (step === 'begun' || step === 'switched') return host.held === op ? 'ok' : 'interrupted';
    if (isShut(scene)) return 'refused';
    if (!host.libvirt) return 'no-libvirt';
    if (!admit(scene)) return 'busy';
    if (host.guest !== 'running') return 'refused';
    open(scene, 'source');
    return undefined;
  },
  ({ host, op }) => {
    if (!host.libvirt || host.guest !== 'running') return 'no-libvirt';
    beginJob(host, op);
    return undefined;
  },
  (scene) => {
    keep(scene, { step: 'begun' });
    return scene.host.held === scene.op ? 'ok' : 'interrupted';
  },
];

const prepare: Step[] = [
  (scene) => {
    const { host, op } = scene;
    const step = recordOf(scene)?.step;
    if (step === 'prepared' || step === 'switched') return host.held === op ? 'ok' : 'interrupted';
    if (isShut(scene)) return 'refused';
    if (!host.libvirt) return 'no-libvirt';
    if (!admit(scene)) return 'busy';
    if (host.guest !== 'absent') return 'refused';
    open(scene, 'destination');
    return undefined;
  },
  ({ world, host, at }) => {
    removeDisk(world, at);
    host.disk = 'partial';
    return undefined;
  },
  ({ host, op }) => {
    if (!host.libvirt) return 'no-libvirt';
    host.held = op;
    host.guest = 'incoming';
    return undefined;
  },
  (scene) => {
    keep(scene, { step: 'prepared' });
    return 'ok';
  },
];

/** Only its beginning; how it ends is an event of its own, since it goes on beside other calls. */
const perform: Step[] = [
  (scene) => {
    const { host, op } = scene;
    const record = recordOf(scene);
    if (record === null) return 'refused';
    if (record.step === 'performed') return 'ok';
    if (host.performing !== op && hasSwitched(scene)) {
      keep(scene, { gone: true });
      return 'switched';
    }
    if (host.performing === op) return undefined;
    if (host.held !== op) return 'interrupted';
    if (record.cancelled || host.cancelled === op || host.job !== 'begun') return 'refused';
    host.performing = op;
    host.job = 'copying';
    return undefined;
  },
];

const finishHere: Step[] = [
  (scene) => {
    const record = recordOf(scene);
    if (record === null) return 'refused';
    if (record.finish !== 'unanswered') return record.finish;
    return scene.host.held === scene.op ? undefined : 'interrupted';
  },
  (scene) => {
    if (!scene.host.libvirt) return 'no-libvirt';
    if (finish(scene.world, scene.at)) return undefined;
    erase(scene.world, scene.at);
    removeDisk(scene.world, scene.at);
    keep(scene, { closed: true, cancelled: true, finish: 'not-running' });
    closeSide(scene);
    return 'not-running';
  },
  (scene) => {
    keep(scene, { step: 'finished', closed: true, finish: 'running' });
    closeSide(scene);
    return 'running';
  },
];

/** Finish in post-copy: nothing is ever removed. It is asked for again until all memory has come. */
const arriveHere: Step[] = [
  (scene) => {
    const { host, world, at } = scene;
    const record = recordOf(scene);
    if (record === null) return 'refused';
    if (record.finish !== 'unanswered') return record.finish;
    if (!host.libvirt) return 'no-libvirt';
    if (host.guest === 'absent' || host.guest === 'stopped') return 'lost';
    if (host.guest === 'incoming') return host.held === scene.op ? undefined : 'interrupted';
    if (host.post === 'in') return canSend(world.hosts[other(at)]) ? 'active' : 'broken';
    keep(scene, { step: 'finished', closed: true, finish: 'running' });
    closeSide(scene);
    return 'running';
  },
  (scene) => {
    keep(scene, { step: 'switched' });
    return undefined;
  },
  (scene) => {
    if (!scene.host.libvirt) return 'no-libvirt';
    return finish(scene.world, scene.at) ? 'active' : 'lost';
  },
];

/** Stops the copy, or keeps it from beginning. */
const cancel: Step[] = [
  (scene) => {
    const { host, op } = scene;
    const record = recordOf(scene);
    if (!isOpen(record) || (record.step !== 'begun' && record.step !== 'switched')) return 'ok';
    if (!host.libvirt) return 'no-libvirt';
    if (hasSwitched(scene)) return 'ok';
    host.cancelled = op;
    if (host.guest === 'running' && isCopying(host)) host.job = host.held === op ? 'begun' : 'none';
    return 'ok';
  },
];

const status: Step[] = [
  (scene) => {
    if (!scene.host.libvirt) return 'no-libvirt';
    if (hasSwitched(scene)) return 'switched';
    return isBusy(scene) ? 'busy' : scene.host.guest;
  },
];

export const calls: Record<Method, Step[]> = {
  ...{
    begin,
    prepare,
    perform,
    finish: finishHere,
    arrive: arriveHere,
    status,
    confirm,
    keep: keepHere,
    discard,
    cancel,
  },
};

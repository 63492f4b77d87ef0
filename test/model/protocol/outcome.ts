/** An agent's calls that end an operation on its host: confirm, discard, keep. See src/guest-agent/migrate/outcome.ts. */
import { run } from './libvirt.ts';
import {
  closeSide,
  eraseHere,
  hasSwitched,
  isBusy,
  isOpen,
  keep,
  open,
  recordOf,
  type Scene,
  type Step,
} from './scene.ts';
import type { HostRecord } from './world.ts';

const needsLibvirt: Step = ({ host }) => (host.libvirt ? undefined : 'no-libvirt');

/** It was decided, and done, that the guest stays (source) or has come (destination). */
const livesHere = ({ side, closed, cancelled, step }: HostRecord): boolean =>
  closed && (side === 'source' ? cancelled : step === 'finished');

/** What never came here is refused when it comes late. */
function shut(scene: Scene, side: HostRecord['side']): void {
  if (!scene.rules.closedDoors) return;
  open(scene, side);
  keep(scene, { closed: true, cancelled: true });
}

const mayDiscard: Step = (scene) => {
  const { host } = scene;
  if (!host.libvirt) return 'no-libvirt';
  const record = recordOf(scene);
  if (record === null) {
    if (host.guest !== 'absent') return 'refused';
    shut(scene, 'destination');
    return 'ok';
  }
  if (record.closed && !livesHere(record)) return 'ok';
  if (isBusy(scene)) return 'busy';
  if (record.side === 'destination' && record.step === 'switched' && !record.closed) return 'refused';
  const lives = host.guest === 'running' || livesHere(record);
  return host.guest !== 'absent' && lives ? 'refused' : undefined;
};

const closeDiscarded: Step = (scene) => {
  closeSide(scene);
  const record = recordOf(scene);
  const gone = record?.side === 'source' && (record.step === 'performed' || record.step === 'switched');
  keep(scene, gone ? { closed: true, step: 'confirmed' } : { closed: true, cancelled: true });
  return 'ok';
};

export const discard: Step[] = [mayDiscard, ...eraseHere, closeDiscarded];

export const confirm: Step[] = [
  (scene) => {
    const record = recordOf(scene);
    if (record === null) return 'refused';
    if (record.closed) return 'ok';
    if (scene.host.held === scene.op)
      return record.step === 'performed' || hasSwitched(scene) ? needsLibvirt(scene) : 'refused';
    return mayDiscard(scene);
  },
  ...eraseHere,
  closeDiscarded,
];

export const keepHere: Step[] = [
  (scene) => {
    const { host } = scene;
    if (!host.libvirt) return 'no-libvirt';
    const record = recordOf(scene);
    if (record === null) shut(scene, 'source');
    if (record === null || (record.side === 'source' && record.step === 'none')) {
      keep(scene, { closed: true, cancelled: true });
      return 'ok';
    }
    if (scene.rules.waitsForCopy && isBusy(scene)) return 'busy';
    if (scene.rules.refusesSwitched && hasSwitched(scene)) return 'refused';
    const revived = record.side === 'destination' && scene.world.postcopy && host.disk === 'good';
    if (host.guest === 'absent' && revived) {
      host.defined = true;
      return undefined;
    }
    return host.guest === 'incoming' || host.guest === 'absent' ? 'refused' : undefined;
  },
  (scene) => {
    const { world, host, at } = scene;
    if (!host.libvirt) return 'no-libvirt';
    closeSide(scene);
    if (host.guest !== 'running') run(world, at);
    return undefined;
  },
  (scene) => {
    const record = recordOf(scene);
    if (isOpen(record)) keep(scene, { closed: true, cancelled: record.side === 'source' });
    return 'ok';
  },
];

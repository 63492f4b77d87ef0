/** One agent's view of one operation, and what several of its calls do alike. */
import type { Answer } from './control.ts';
import { erase, isCopying, letGo, removeDisk } from './libvirt.ts';
import type { Rules } from './rules.ts';
import type { At, Host, HostRecord, Op, World } from './world.ts';

export type Scene = { world: World; host: Host; at: At; op: Op; rules: Rules };
/** Gives the answer, or nothing when there is a further step. */
export type Step = (scene: Scene) => Answer | undefined;

export const recordOf = ({ host, op }: Scene): HostRecord | null => host.records[op - 1] ?? null;
export const isOpen = (record: HostRecord | null): record is HostRecord => record !== null && !record.closed;

export function keep({ host, op }: Scene, change: Partial<HostRecord>): void {
  const record = host.records[op - 1];
  if (record !== null && record !== undefined) Object.assign(record, change);
}

export function open({ host, op }: Scene, side: HostRecord['side']): void {
  host.records[op - 1] = {
    side,
    step: 'none',
    closed: false,
    cancelled: false,
    gone: false,
    finish: 'unanswered',
  };
}

/** Until perform has answered so, a guest that has ended here is not taken for gone: nobody lets it run elsewhere yet. */
export function hasSwitched(scene: Scene): boolean {
  const record = recordOf(scene);
  const { guest, post } = scene.host;
  if (!isOpen(record) || record.side !== 'source' || record.step !== 'switched') return false;
  return guest !== 'running' && (record.gone || (guest === 'paused' && post !== 'no'));
}

export const closeSide: Step = ({ host, op }) => {
  if (host.held === op) letGo(host);
  return undefined;
};

/** A copy of this operation goes on here. */
export function isBusy(scene: Scene): boolean {
  const { host, op } = scene;
  if (host.performing === op) return true;
  const record = recordOf(scene);
  return isOpen(record) && record.side === 'source' && host.held !== op && isCopying(host);
}

export const eraseHere: Step[] = [
  ({ world, host, at }) => {
    if (!host.libvirt) return 'no-libvirt';
    erase(world, at);
    return undefined;
  },
  ({ world, at }) => {
    removeDisk(world, at);
    return undefined;
  },
];

/** Control in the model: what it asks whom, and where an answer takes it. Its place is its journal. */
import type { Rules } from './rules.ts';
import {
  type At,
  breaks,
  destinationOf,
  type Method,
  other,
  type Place,
  type Request,
  type World,
} from './world.ts';

export type Answer =
  | 'ok'
  /** Of finish and status: what the guest is there. */
  | ('running' | 'not-running' | 'stopped' | 'paused' | 'incoming' | 'absent')
  | ('busy' | 'refused' | 'interrupted')
  /** Of post-copy: it has begun; its memory comes, or cannot any more, or went down with the guest. */
  | ('switched' | 'active' | 'broken' | 'lost')
  /** libvirt does not answer there. */
  | 'no-libvirt';

type Asks = { whom: 'source' | 'destination'; method: Method };

const calls: Partial<Record<Place, Asks>> = {
  begin: { whom: 'source', method: 'begin' },
  prepare: { whom: 'destination', method: 'prepare' },
  perform: { whom: 'source', method: 'perform' },
  finish: { whom: 'destination', method: 'finish' },
  ask: { whom: 'destination', method: 'status' },
  arrive: { whom: 'destination', method: 'arrive' },
  revive: { whom: 'destination', method: 'keep' },
  confirm: { whom: 'source', method: 'confirm' },
  'keep-there': { whom: 'destination', method: 'keep' },
  'discard-here': { whom: 'source', method: 'discard' },
  'u-cancel': { whom: 'source', method: 'cancel' },
  'u-wait': { whom: 'source', method: 'status' },
  'u-discard': { whom: 'destination', method: 'discard' },
  'u-keep': { whom: 'source', method: 'keep' },
  cleanup: { whom: 'destination', method: 'discard' },
};

/** Where a control that was started again goes on: at the beginning of the phase. */
const resumes: Partial<Record<Place, Place>> = {
  prepare: 'begin',
  ask: 'finish',
  'discard-here': 'keep-there',
  'u-wait': 'u-cancel',
  'u-keep': 'u-discard',
};
export const startOf = (place: Place): Place => resumes[place] ?? place;

export const isOver = (place: Place): boolean => place === 'done' || place === 'undone';

export function asking({ control: { place, source, op } }: World): Request | undefined {
  const call = calls[place];
  if (call === undefined) return undefined;
  const to: At = call.whom === 'source' ? source : other(source);
  return { to, method: call.method, op };
}

export function ask(world: World): void {
  const request = asking(world);
  if (request === undefined) return;
  world.control.waiting = true;
  world.sent.push(request);
}

/** Before a phase that can still be undone, control looks whether a person wants it undone. */
export function go(world: World, place: Place): void {
  const { control } = world;
  Object.assign(control, { waiting: false, place });
  if (place !== 'attention') control.resumeAt = 'begin';
  if (control.cancel && place === 'begin') control.place = 'u-discard';
  if (control.cancel && place === 'perform' && !control.switched) control.place = 'u-cancel';
  if (control.cancel && place === 'finish') control.place = 'u-cancel';
  if (control.wish && control.place === 'finish')
    breaks(world, 'a cancelled migration goes on to its cutover');
  ask(world);
}

function stop(world: World): void {
  const { control } = world;
  Object.assign(control, { resumeAt: startOf(control.place), place: 'attention', waiting: false });
}
export const giveUp = stop;

/** A person is told, and what is done when that person goes on is decided. */
function stopFor(world: World, resumeAt: Place): void {
  Object.assign(world.control, { resumeAt, place: 'attention', waiting: false });
}

/** An answer that does not say what has become of the guest; another attempt may. */
function again(world: World): void {
  world.control.waiting = false;
}

type On = (world: World, answer: Answer, rules: Rules) => void;

/** To the next place when it is done, again when libvirt was away, and otherwise to a person. */
const thenGo =
  (next: Place): On =>
  (world, answer) => {
    if (answer === 'ok') go(world, next);
    else if (answer === 'no-libvirt' || answer === 'busy') again(world);
    else stop(world);
  };

const orUndo =
  (next: Place, back: Place): On =>
  (world, answer) =>
    go(world, answer === 'ok' ? next : back);

const on: Partial<Record<Place, On>> = {
  begin: orUndo('prepare', 'u-discard'),
  prepare: orUndo('perform', 'u-discard'),
  perform(world, answer) {
    if (answer === 'switched') world.control.switched = true;
    if (answer === 'switched') go(world, 'arrive');
    else go(world, answer === 'ok' ? 'finish' : 'u-cancel');
  },
  arrive(world, answer, { confirmsWhenWhole }) {
    if (answer === 'running' || (answer === 'active' && !confirmsWhenWhole)) go(world, 'confirm');
    else if (answer === 'lost') stopFor(world, 'revive');
    else if (answer === 'broken' || answer === 'refused') stop(world);
    else again(world);
  },
  revive: thenGo('confirm'),
  finish(world, answer, { asksAfterFinish }) {
    if (answer === 'running') go(world, 'confirm');
    else if (answer === 'not-running' || !asksAfterFinish) go(world, 'u-cancel');
    else go(world, 'ask');
  },
  ask(world, answer) {
    // a guest that is stopped there has run there: it is defined only as it is let run
    if (answer === 'running' || answer === 'stopped') go(world, 'confirm');
    else if (answer === 'absent') go(world, 'u-cancel');
    else again(world);
  },
  confirm: thenGo('keep-there'),
  'keep-there': thenGo('discard-here'),
  'discard-here': thenGo('done'),
  'u-cancel': thenGo('u-wait'),
  'u-wait'(world, answer, { waitsForCopy, refusesSwitched }) {
    if (answer === 'switched' && refusesSwitched) {
      world.control.switched = true;
      stopFor(world, 'perform');
    } else if ((answer === 'busy' && waitsForCopy) || answer === 'no-libvirt') again(world);
    else go(world, 'u-discard');
  },
  'u-discard': thenGo('u-keep'),
  'u-keep': thenGo('undone'),
  cleanup(world, answer) {
    if (answer === 'ok') world.control.left = false;
    world.control.waiting = false;
    world.control.place = 'undone';
  },
};

export function hear(world: World, request: Request, answer: Answer, rules: Rules): void {
  const { control } = world;
  const wanted = asking(world);
  if (!control.up || !control.waiting || wanted === undefined) return;
  if (wanted.to !== request.to || wanted.method !== request.method || wanted.op !== request.op) return;
  on[control.place]?.(world, answer, rules);
}

/** A destination that is away does not hold the guest up while this is undone: finish was never sent, or has not run it. */
export function passOver(world: World): boolean {
  const { control } = world;
  if (control.place !== 'u-discard' || control.waiting || destinationOf(world).agent) return false;
  control.left = true;
  go(world, 'u-keep');
  return true;
}

/** Back the way it came when it arrived, the same way once more when it was undone. */
export function migrateAgain(world: World): void {
  const { control } = world;
  if (control.place === 'done') control.source = other(control.source);
  Object.assign(control, {
    op: 2,
    cancel: false,
    wish: false,
    left: false,
    switched: false,
    resumeAt: 'begin',
  });
  go(world, 'begin');
}

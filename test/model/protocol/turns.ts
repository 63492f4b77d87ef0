/** An agent takes a request in and goes through its steps; perform goes on beside the others. */
import { calls } from './agent.ts';
import { type Answer, hear } from './control.ts';
import { letGo } from './libvirt.ts';
import type { Rules } from './rules.ts';
import { recordOf, type Scene } from './scene.ts';
import type { At, Host, Method, Op, Request, World } from './world.ts';

/** Calls that do not wait for their turn. */
const beside: readonly Method[] = ['perform', 'cancel', 'status'];

const sceneOf = (world: World, at: At, op: Op, rules: Rules): Scene => ({
  ...{ world, host: world.hosts[at], at, op, rules },
});

/** A record on its way to the disk is there before the next one is read. */
export function flush(host: Host): void {
  const record = host.writing === 0 ? null : host.records[host.writing - 1];
  host.writing = 0;
  if (record !== null && record !== undefined && !record.closed) record.step = 'performed';
}

/** Takes a request in. @returns `false` when it has to wait for its turn. */
export function deliver(world: World, request: Request, rules: Rules): boolean {
  const { to, method, op } = request;
  const host = world.hosts[to];
  const queued = host.doing !== null && !beside.includes(method);
  if (!host.agent || queued) return false;
  flush(host);
  if (method !== 'status' && method !== 'cancel') {
    if (rules.leases && op < host.lease) {
      hear(world, request, 'refused', rules);
      return true;
    }
    host.lease = Math.max(host.lease, op);
  }
  if (!beside.includes(method)) {
    host.doing = { method, op, at: 0 };
    return true;
  }
  const answer = calls[method][0]?.(sceneOf(world, to, op, rules));
  if (answer !== undefined) hear(world, request, answer, rules);
  return true;
}

export function work(world: World, at: At, rules: Rules): void {
  const host = world.hosts[at];
  const { doing } = host;
  if (doing === null) return;
  const { method, op } = doing;
  const answer = calls[method][doing.at]?.(sceneOf(world, at, op, rules));
  if (answer === undefined) {
    doing.at += 1;
    return;
  }
  host.doing = null;
  hear(world, { to: at, method, op }, answer, rules);
}

/** The agent's perform call ends; `sent` when the guest is paused and all of it is there. */
export function endPerform(world: World, at: At, sent: boolean | 'switched', rules: Rules): void {
  const host = world.hosts[at];
  const op = host.performing;
  if (op === 0) return;
  host.performing = 0;
  const scene = sceneOf(world, at, op, rules);
  if (sent === true) host.writing = op;
  else if (sent === false && host.libvirt) {
    const record = recordOf(scene);
    if (record !== null) Object.assign(record, { closed: true, cancelled: true });
    letGo(host);
  }
  const answers = { true: 'ok', false: 'refused', switched: 'switched' } as const;
  const answer: Answer = answers[`${sent}`];
  hear(world, { to: at, method: 'perform', op }, answer, rules);
}

/** A libvirtd that went away took the call with it: what has become of the copy is not known to the agent. */
export function losePerform(world: World, at: At, rules: Rules): void {
  endPerform(world, at, false, rules);
}

/** An agent's process: the agent's own handlers over a simulated libvirt, until it is killed. */
import type { Context } from '../../../src/guest-agent/context.ts';
import type { Call } from '../../../src/guest-agent/handlers.ts';
import { newLive } from '../../../src/guest-agent/migrate/live.ts';
import { pathsUnder } from '../../../src/guest-agent/paths.ts';
import { dispatch } from '../../../src/guest-agent/sessions/dispatch.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import { movingHandlers } from '../../guest-agent/moving-handlers.ts';
import { engineOf } from './engine.ts';
import type { Points } from './faults.ts';
import { closeLink } from './libvirtd.ts';
import { type Link, type Machine, openDoor } from './machine.ts';
import type { World } from './world.ts';

export type AgentProcess = {
  /** Rejects with `agent.lost` when the process dies meanwhile. */
  call(method: string, params: unknown, call: Call): Promise<unknown>;
  kill(): void;
};

const untold = { update: async () => undefined, close: async () => undefined };
const lost = () => new BlanketError('agent.lost', 'The agent has gone.');

export function startAgent(world: World, machine: Machine, points: Points, number: number): AgentProcess {
  const died = Promise.withResolvers<never>();
  died.promise.catch(() => undefined); // whoever waits for a call hears of it
  let alive = true;
  const door = openDoor(machine, number);
  const links = new Set<Link>();
  const engine = engineOf({ world, machine, points, isAlive: () => alive }, links);
  const context: Context = {
    ...{ paths: pathsUnder(door.state), engine: () => engine, live: newLive() },
    ...{ metadata: untold, version: 'test' },
  };
  const handlers = movingHandlers(context);
  const known = (method: string): boolean => Object.hasOwn(handlers, method);
  return {
    async call(method, params, call) {
      if (!known(method))
        throw new BlanketError('agent.unknown-method', `There is no ${method} in this test.`);
      const work = dispatch(handlers, method, params, call);
      work.catch(() => undefined); // of a process that is killed nobody asks
      return Promise.race([work, died.promise]);
    },
    kill() {
      alive = false;
      door.close();
      for (const link of links) closeLink(machine, link);
      for (const work of [...context.live.coldWork.values()].flatMap((works) => [...works])) work.abort();
      for (const close of [...context.live.offers.values()].flat()) close();
      died.reject(lost());
    },
  };
}

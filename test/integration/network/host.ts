/**
 * A host's guest networks, in whatever network namespace this program is started. Its parent asks by messages. There is no
 * systemd in a namespace: a unit is a child here, and nobody starts it again. The filter has tests of its own; here it only tells
 * whether ports were up when it was asked for.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { applyFilter, filterDiffers } from '../../../src/guest-agent/filter/filter.ts';
import { allLinks } from '../../../src/guest-agent/links.ts';
import { type GuestNetworks, guestNetworks } from '../../../src/guest-agent/network/networks.ts';
import type { Services } from '../../../src/guest-agent/network/services.ts';
import { pathsUnder } from '../../../src/guest-agent/paths.ts';
import { start } from '../../../src/process/run.ts';
import { toProblem } from '../../../src/wire/errors.ts';

export type Question = { id: number; method: keyof GuestNetworks | 'portsAtFilter'; params: unknown };
export type Answer = { id: number; result?: unknown; problem?: unknown };

const units = new Map<string, ChildProcess>();
const isRunning = (child: ChildProcess | undefined): child is ChildProcess =>
  child !== undefined && child.exitCode === null && child.signalCode === null;

async function stop(unit: string): Promise<void> {
  const child = units.get(unit);
  if (!isRunning(child)) return;
  child.kill();
  await once(child, 'exit');
}

const services: Services = {
  isActive: async (unit) => isRunning(units.get(unit)),
  start: async (unit, [program = '', ...args]) => {
    const child = start(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    await once(child, 'spawn');
    units.set(unit, child);
  },
  stop,
  reload: async (unit) => {
    units.get(unit)?.kill('SIGHUP');
  },
};

const portsAtFilter: string[][] = [];
const networks = guestNetworks(pathsUnder(process.argv[2]), {
  filter: {
    apply: async (configs) => {
      const up = (await allLinks()).filter(({ flags }) => flags?.includes('UP'));
      portsAtFilter.push(up.map(({ ifname }) => ifname).filter((name) => /^(bp|vx)/.test(name)));
      await applyFilter(configs);
    },
    differs: filterDiffers,
  },
  services,
  loadModules: async () => undefined,
});

async function answer({ id, method, params }: Question): Promise<Answer> {
  if (method === 'portsAtFilter') return { id, result: portsAtFilter };
  const work = networks[method] as (params: unknown) => Promise<unknown>;
  return work(params).then(
    (result) => ({ id, result }),
    (error: unknown) => ({ id, problem: toProblem(error) }),
  );
}

process.on('message', async (question: Question) => {
  process.send?.(await answer(question));
});
process.on('disconnect', async () => {
  for (const unit of units.keys()) await stop(unit);
  process.exit(0);
});

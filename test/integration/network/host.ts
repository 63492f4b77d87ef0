/**
 * A host's guest networks, in whatever network namespace this program is started. Its parent asks by messages. There is no
 * systemd in a namespace: a unit is a child here, and nobody starts it again; as one that waits for that it is in the way of
 * another of its name until it is stopped. The filter has tests of its own; here it only tells whether ports were up when it was
 * asked for.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { applyFilter, filterDiffers } from '../../../src/guest-agent/filter/filter.ts';
import { allLinks } from '../../../src/guest-agent/links.ts';
import type { GuestNetworks } from '../../../src/guest-agent/network/guest-networks.ts';
import { keptNetworks } from '../../../src/guest-agent/network/kept.ts';
import { guestNetworks } from '../../../src/guest-agent/network/networks.ts';
import { overlaps } from '../../../src/guest-agent/network/overlap.ts';
import type { Services } from '../../../src/guest-agent/network/services.ts';
import { pathsUnder } from '../../../src/guest-agent/paths.ts';
import { start } from '../../../src/process/run.ts';
import { toProblem } from '../../../src/wire/errors.ts';

export type Question = {
  id: number;
  /** `break`: the next time, this one of the services' works fails. */
  method: keyof GuestNetworks | 'portsAtFilter' | 'break' | 'overlaps';
  params: unknown;
};
export type Answer = { id: number; result?: unknown; problem?: unknown };

type Unit = { child: ChildProcess; said: string };
const units = new Map<string, Unit>();
const isRunning = ({ child }: Unit): boolean => child.exitCode === null && child.signalCode === null;

const broken = new Set<unknown>();

function failIfBroken(work: keyof Services): void {
  if (broken.delete(work)) throw new Error(`${work} failed`);
}

async function stop(name: string): Promise<void> {
  failIfBroken('stop');
  const unit = units.get(name);
  units.delete(name);
  if (unit === undefined || !isRunning(unit)) return;
  const ended = once(unit.child, 'exit');
  unit.child.kill();
  await ended;
}

const services: Services = {
  isActive: async (name) => {
    const unit = units.get(name);
    return unit !== undefined && isRunning(unit);
  },
  start: async (name, [program = '', ...args]) => {
    if (units.has(name)) throw new Error(`Unit ${name} was already loaded.`);
    const child = start(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const unit = { child, said: '' };
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      unit.said += text;
    });
    units.set(name, unit);
    await once(child, 'spawn');
  },
  stop,
  reload: async (name) => {
    failIfBroken('reload');
    units.get(name)?.child.kill('SIGHUP');
  },
  lastWords: async (name) => units.get(name)?.said.trim() ?? '',
};

const portsAtFilter: string[][] = [];
const paths = pathsUnder(process.argv[2]);
const networks = guestNetworks(paths, {
  filter: {
    apply: async (configs, closed) => {
      const up = (await allLinks()).filter(({ flags }) => flags?.includes('UP'));
      portsAtFilter.push(up.map(({ ifname }) => ifname).filter((name) => /^(bp|vx)/.test(name)));
      await applyFilter(configs, closed);
    },
    differs: filterDiffers,
  },
  services,
  loadModules: async () => undefined,
});

async function answer({ id, method, params }: Question): Promise<Answer> {
  if (method === 'portsAtFilter') return { id, result: portsAtFilter };
  if (method === 'overlaps') return { id, result: await overlaps(await keptNetworks(paths)) };
  if (method === 'break') return { id, result: void broken.add(params) };
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

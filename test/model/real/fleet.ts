/** The two hosts as control finds them: their processes, which die and are started again, and the lines to them. */
import { BlanketError } from '../../../src/wire/errors.ts';
import { type AgentProcess, startAgent } from './agent-process.ts';
import { moveClock } from './clock.ts';
import type { FaultKind, Points } from './faults.ts';
import { killGuest, startDaemon, stopDaemon } from './libvirtd.ts';
import type { HostName, Machine } from './machine.ts';
import type { World } from './world.ts';

/** After so many points what has died is started again. */
const awayFor = 5;

type Due = { at: number; act(): void };

export type Fleet = {
  /** @throws BlanketError `ssh.unreachable` */
  agent(host: HostName): AgentProcess;
  strike(kind: FaultKind): void;
  /** What is due by now. */
  look(): void;
  /** Everything is up again. */
  heal(): void;
};

type Hosts = {
  agents: Partial<Record<HostName, AgentProcess>>;
  started: number;
  due: Due[];
  world: World;
  points: Points;
};

function startHost(hosts: Hosts, machine: Machine): void {
  hosts.started += 1;
  machine.up = true;
  if (machine.daemon === 0) startDaemon(hosts.world, machine, hosts.started);
  hosts.agents[machine.name] ??= startAgent(hosts.world, machine, hosts.points, hosts.started);
}

function killAgent({ agents }: Hosts, { name }: Machine): void {
  agents[name]?.kill();
  delete agents[name];
}

function killHost(hosts: Hosts, machine: Machine): void {
  machine.up = false;
  machine.daemon = 0;
  killAgent(hosts, machine);
  stopDaemon(machine);
  killGuest(machine);
  machine.job = 'none';
}

function strike(hosts: Hosts, kind: FaultKind): void {
  const [what, , rest] = kind.split(' ');
  const machine = hosts.world.machines[kind.includes(' a') && kind.split(' ')[1] === 'a' ? 'a' : 'b'];
  const after = (points: number) =>
    hosts.due.push({ at: hosts.points.passed + points, act: () => startHost(hosts, machine) });
  if (what === 'agent') killAgent(hosts, machine);
  else if (what === 'libvirtd') stopDaemon(machine);
  else if (what === 'QEMU') killGuest(machine);
  else killHost(hosts, machine);
  if (what !== 'QEMU' && rest !== 'stays') after(awayFor);
}

export function fleetOf(world: World, points: Points): Fleet {
  const hosts: Hosts = { agents: {}, started: 1, due: [], world, points };
  const { a, b } = world.machines;
  for (const machine of [a, b]) startHost(hosts, machine);
  return {
    agent(host) {
      const agent = hosts.agents[host];
      if (agent !== undefined) return agent;
      if (!hosts.due.length) moveClock(60_000); // who stays away is waited for, as long as patience lasts
      throw new BlanketError('ssh.unreachable', `${host} does not answer.`);
    },
    strike: (kind) => strike(hosts, kind),
    look() {
      const now = hosts.due.filter(({ at }) => at <= points.passed);
      hosts.due = hosts.due.filter((each) => !now.includes(each));
      for (const { act } of now) act();
    },
    heal() {
      hosts.due = [];
      for (const machine of [a, b]) startHost(hosts, machine);
    },
  };
}

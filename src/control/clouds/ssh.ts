/**
 * The ssh cloud: machines that are there already and that a person can reach by SSH. Nothing is made or destroyed: a
 * host takes a machine on lease, and gives it back as it was, but for the packages installed meanwhile.
 *
 *   free ── createVm: does it answer with the pinned key, can it be a host? ──▶ leased ── prepareVm ──▶ prepared
 *     ▲                                                                           │                       │
 *     └────────────────── destroyVm: takes away what prepareVm and the agent brought ─────────────────────┘
 *
 * The machine keeps its own host key, which the user has pinned; there is no trust on first use. It has no
 * console that could be read over SSH, and it cannot be switched on.
 */
import { rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { inTurn } from '../../../infra/wan/in-turn.ts';
import { BlanketError } from '../../wire/errors.ts';
import type { Cloud, CloudPaths, CloudVm, Entry, VmSpec } from './cloud.ts';
import type { SshConfig, SshContext, SshMachine } from './ssh-config.ts';
import {
  endLease,
  findLease,
  keepLease,
  type Lease,
  leaseDirectory,
  listLeases,
  newLease,
} from './ssh-lease.ts';
import { leaveMachine, prepareMachine, readIdentity, surveyMachine } from './ssh-machine.ts';
import { judgeMachine } from './ssh-survey.ts';

export { sshConfigSchema } from './ssh-config.ts';

const ANSWER_MS = 5_000;

export function openSshCloud(name: string, config: SshConfig, paths: CloudPaths): Cloud {
  const context: SshContext = { cloud: name, config, paths };
  const turn = <T>(work: () => Promise<T>): Promise<T> => inTurn(`ssh ${paths.state}/${name}`, work);
  return {
    name,
    check: async () => void (await Promise.all(config.machines.map(readIdentity))),
    createVm: (spec, signal) => turn(() => lease(context, spec, signal)),
    prepareVm: (host, entry, signal) => prepare(context, host, entry, signal),
    startVm: (host) => start(context, host),
    findVm: (host) => find(context, host),
    destroyVm: (host) => turn(() => giveBack(context, host)),
    giveUpVm: (host) => turn(() => endLease(context, host)),
    readConsole: async () => '',
    destroy: () => turn(() => destroy(context)),
  };
}

async function lease(context: SshContext, spec: VmSpec, signal: AbortSignal): Promise<CloudVm> {
  const machine = machineNamed(context, spec.machine ?? spec.name);
  const held = await findLease(context, spec.name);
  await refuseLeased(context, machine, spec.name);
  const survey = await surveyMachine(machine, signal);
  judgeMachine(machine.name, survey, held?.id);
  await keepLease(context, held ?? newLease(spec.name, machine.name));
  const { vcpus, memoryMiB, diskGiB } = survey;
  const was = { hostKey: machine.hostKey, vcpus, memoryMiB, diskGiB };
  return { ...describe(machine, spec.name, 'running'), was };
}

async function prepare(context: SshContext, host: string, entry: Entry, signal: AbortSignal): Promise<void> {
  const held = await requireLease(context, host);
  await prepareMachine(machineNamed(context, held.machine), held, entry, signal);
}

async function find(context: SshContext, host: string): Promise<CloudVm | undefined> {
  const held = await findLease(context, host);
  if (held === undefined) return undefined;
  const machine = machineNamed(context, held.machine);
  return describe(machine, host, (await answers(machine)) ? 'running' : 'stopped');
}

async function start(context: SshContext, host: string): Promise<CloudVm> {
  const { machine } = await requireLease(context, host);
  const vm = await find(context, host);
  if (vm?.state === 'running') return vm;
  throw new BlanketError(
    'cloud.cannot-start',
    `${machine} does not answer, and Blanket cannot switch it on.`,
    {
      kind: 'blocked',
      next: 'Start it where it runs, and try again.',
      data: { cloud: context.cloud, machine },
    },
  );
}

async function giveBack(context: SshContext, host: string): Promise<void> {
  const held = await findLease(context, host);
  if (held === undefined) return;
  await leaveMachine(machineNamed(context, held.machine), held);
  await endLease(context, host);
}

async function destroy(context: SshContext): Promise<void> {
  const leases = await listLeases(context);
  if (leases.length > 0) {
    const hosts = leases.map(({ host }) => host);
    throw new BlanketError('cloud.in-use', `${context.cloud} still lends machines to ${hosts.join(', ')}.`, {
      kind: 'conflict',
      next: 'Remove these hosts first.',
      data: { cloud: context.cloud, hosts },
    });
  }
  await rm(leaseDirectory(context), { recursive: true, force: true });
}

function machineNamed({ cloud, config }: SshContext, name: string): SshMachine {
  const machine = config.machines.find((one) => one.name === name);
  if (machine !== undefined) return machine;
  const names = config.machines.map((one) => one.name);
  throw new BlanketError('cloud.machine-not-found', `${cloud} has no machine called ${name}.`, {
    kind: 'not-found',
    next: `Name one with --machine: ${names.join(', ')}.`,
    data: { cloud, machine: name, machines: names },
  });
}

async function refuseLeased(context: SshContext, machine: SshMachine, host: string): Promise<void> {
  const other = (await listLeases(context)).find((held) =>
    held.host === host ? held.machine !== machine.name : held.machine === machine.name,
  );
  if (other === undefined) return;
  const data = { cloud: context.cloud, machine: machine.name, host: other.host };
  throw new BlanketError('cloud.machine-in-use', `${other.machine} is lent to the host ${other.host}.`, {
    kind: 'conflict',
    next: `Remove that host first, or take another machine.`,
    data,
  });
}

async function requireLease(context: SshContext, host: string): Promise<Lease> {
  const held = await findLease(context, host);
  if (held !== undefined) return held;
  throw new BlanketError('cloud.vm-not-found', `${context.cloud} lends no machine to ${host}.`, {
    kind: 'not-found',
    data: { cloud: context.cloud, host },
  });
}

const describe = (machine: SshMachine, name: string, state: CloudVm['state']): CloudVm => ({
  ...{ id: machine.name, name, state, ssh: { host: machine.host, port: machine.port } },
  address: machine.address ?? machine.host,
  ...(machine.nat === true && { behindNat: true }),
});

function answers({ host, port }: SshMachine): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port, timeout: ANSWER_MS });
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => settle(true));
    socket.once('timeout', () => settle(false));
    socket.once('error', () => settle(false)); // whatever the reason, nobody is there
  });
}

/** Two real hosts on the chosen ground, made once, and a guest that counts; all used through the CLI. */
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { buildImage } from '../../images/build.ts';
import { takeDown } from '../../infra/clean/take-down.ts';
import { type Seat, takeSeat } from '../../infra/demo/blanket.ts';
import { type Forward, openForward } from '../../infra/demo/forward.ts';
import type { Address } from '../../infra/demo/line-client.ts';
import { awaitService, createGuest, provisionHosts, stage } from '../../infra/demo/stage.ts';
import { CommandError, run } from '../../src/process/run.ts';
import { guestSchema, type Operation, operationSchema } from '../../src/wire/resources.ts';
import { chooseGround } from './grounds/choose.ts';

export const guest = stage.guest;
export const ground = chooseGround();
export const [source, destination] = ground.hosts.map(({ name }) => name) as [string, string];

export type Answer = { code: number; stdout: string; stderr: string };

export type Fleet = {
  state: string;
  seat: Seat;
  forward: Forward;
  address: Address;
  /** Runs one command and gives how it ended, whatever that was. */
  cli(...args: string[]): Promise<Answer>;
  /** The JSON that a command prints. @throws CommandError when it fails */
  json(...args: string[]): Promise<unknown>;
  where(): Promise<{ host: string; state: string }>;
  /** Names of the domains that run on each host, as libvirt there says. */
  running(): Promise<Record<string, string[]>>;
  operation(id: string): Promise<Operation>;
  /** Waits until a phase of an operation has begun. */
  phaseBegins(id: string, phase: string): Promise<Operation>;
  /** Starts a migration and gives its operation's id at once. */
  startMigration(to: string, ...options: string[]): Promise<string>;
  controlPid(): Promise<number>;
  end(): Promise<void>;
};

const program = join(import.meta.dirname, '../../bin/blanket');
const PHASE_MS = 120_000;
const startedSchema = z.object({ operation: z.string() });
const never = new AbortController().signal;

export async function bootFleet(say: (line: string) => void): Promise<Fleet> {
  const state = await mkdtemp(join(tmpdir(), 'blanket-e2e-'));
  await mkdir(state, { recursive: true });
  const seat = takeSeat(state, never, say);
  const end = () => takeDown(state, say);
  try {
    const image = await buildImage('micro');
    await ground.addClouds(seat);
    await provisionHosts(seat, await ground.hostImage(), ground.hosts);
    await createGuest(seat, image.path, source);
    const forward = await openForward(seat, guest, stage.port, destination, never);
    await awaitService(forward.address, never);
    return { state, seat, forward, address: forward.address, ...commands(seat.env), end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** The observer's way to the guest, made anew: it went through a host that has been rebooted since. */
export async function reachAnew(fleet: Fleet): Promise<void> {
  await fleet.forward.close();
  fleet.forward = await openForward(fleet.seat, guest, stage.port, destination, never);
  fleet.address = fleet.forward.address;
}

type Commands = Omit<Fleet, 'state' | 'seat' | 'forward' | 'address' | 'end'>;

function commands(env: NodeJS.ProcessEnv): Commands {
  const cli = (...args: string[]): Promise<Answer> => runCli(env, args);
  const json = async (...args: string[]): Promise<unknown> => {
    const { stdout } = await run(program, [...args, '-o', 'json'], { env, timeoutMs: 900_000 });
    return JSON.parse(stdout);
  };
  const operation = async (id: string) => operationSchema.parse(await json('op', 'show', id));
  return {
    cli,
    json,
    operation,
    where: async () =>
      guestSchema.pick({ host: true, state: true }).parse(await json('guest', 'show', guest)),
    async running() {
      const names = async (host: string) => {
        const { stdout } = await cli('host', 'ssh', host, '--', 'sudo', 'virsh', 'list', '--name');
        return [host, stdout.split('\n').filter((line) => line !== '')] as const;
      };
      return Object.fromEntries([await names(source), await names(destination)]);
    },
    async phaseBegins(id, phase) {
      const until = Date.now() + PHASE_MS;
      for (;;) {
        const now = await operation(id);
        const record = now.phases.find(({ name }) => name === phase);
        if (record !== undefined && record.state !== 'waiting') return now;
        if (now.state !== 'running' || Date.now() > until) {
          throw new Error(`${phase} did not begin: ${JSON.stringify(now)}`);
        }
        await sleep(50);
      }
    },
    async startMigration(to, ...options) {
      const started = await json('migrate', guest, '--to', to, '--detach', ...options);
      return startedSchema.parse(started).operation;
    },
    async controlPid() {
      return Number(((await json('status')) as { pid: number }).pid);
    },
  };
}

async function runCli(env: NodeJS.ProcessEnv, args: string[]): Promise<Answer> {
  try {
    return { code: 0, ...(await run(program, args, { env, timeoutMs: 900_000 })) };
  } catch (error) {
    if (!(error instanceof CommandError) || error.exitCode === null) throw error;
    return { code: error.exitCode, stdout: error.stdout, stderr: error.stderr };
  }
}

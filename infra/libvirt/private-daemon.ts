/**
 * A libvirtd of one's own: session mode under an unprivileged user, with every directory and socket in a temporary
 * directory, so it neither sees nor disturbs the machine's libvirt. Two of them are two hosts.
 */

import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ConnectOptions, connect } from '../../src/libvirt/connect.ts';
import type { Connection } from '../../src/libvirt/connection.ts';
import { listFlags } from '../../src/libvirt/constants.ts';
import { run, start } from '../../src/process/run.ts';
import { type MigrationPorts, reserveMigrationPorts } from './migration-ports.ts';

/** `nobody`; root's libvirtd would be the system's, with fixed paths for its state. */
const owner = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

/** The words before a command that make it run as that user. */
const asOwner = (...more: string[]): [string, ...string[]] =>
  owner.uid === undefined
    ? ['env']
    : ['setpriv', `--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups', ...more, '--'];

/** Post-copy migration needs userfaultfd(2), which takes SYS_PTRACE where it is not for everyone. */
const forPostCopy = ['--inh-caps=+sys_ptrace', '--ambient-caps=+sys_ptrace'];

export type PrivateDaemon = {
  directory: string;
  socketPath: string;
  pid: number | undefined;
  connect(uri: string, options?: Partial<ConnectOptions>): Promise<Connection>;
  /** Makes a file or directory the daemon's user's. */
  give(path: string): Promise<void>;
  /** Runs a program in the directory as the daemon's user; gives what it printed. */
  run(program: string, args: readonly string[]): Promise<string>;
  stop(): Promise<void>;
};

async function give(path: string): Promise<void> {
  if (owner.uid !== undefined) await chown(path, owner.uid, owner.gid);
}

/** Writes the daemon's settings; gives their path, and the environment in which all its places are in `directory`. */
async function settle(
  directory: string,
  ports: MigrationPorts,
): Promise<{ settings: string; env: NodeJS.ProcessEnv; runtime: string }> {
  const dir = async (...names: string[]) => {
    const path = join(directory, ...names);
    await mkdir(path, { mode: 0o700 });
    await give(path);
    return path;
  };
  const [runtime, config] = [await dir('run'), await dir('etc')];
  const [cache, data] = [await dir('cache'), await dir('data')];
  await dir('etc', 'libvirt');
  const settingsOfQemu = [
    ...['stdio_handler = "file"', 'clear_emulator_capabilities = 0'],
    ...[`migration_port_min = ${ports.min}`, `migration_port_max = ${ports.max}`],
  ];
  await writeFile(join(config, 'libvirt', 'qemu.conf'), `${settingsOfQemu.join('\n')}\n`);
  const settings = join(config, 'libvirtd.conf');
  await writeFile(settings, `host_uuid = "${randomUUID()}"\nlog_outputs = "3:stderr"\n`);
  const env = {
    PATH: process.env.PATH,
    HOME: directory,
    XDG_RUNTIME_DIR: runtime,
    XDG_CONFIG_HOME: config,
    XDG_CACHE_HOME: cache,
    XDG_DATA_HOME: data,
  };
  return { settings, env, runtime };
}

export async function startDaemon(): Promise<PrivateDaemon> {
  const directory = await mkdtemp(join(tmpdir(), 'libvirt-test-'));
  await give(directory);
  const ports = await reserveMigrationPorts();
  const { settings, env, runtime } = await settle(directory, ports);
  // Should the test die, the daemon ends by itself once nobody uses it.
  const args = ['--timeout', '30', '--config', settings];
  const [program, ...before] = asOwner(...forPostCopy);
  const child = start(program, [...before, '/usr/sbin/libvirtd', ...args], {
    env,
    cwd: directory,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const socketPath = join(runtime, 'libvirt', 'libvirt-sock');
  const log = collect(child);
  const remove = () =>
    end(child)
      .finally(() => rm(directory, { recursive: true, force: true }))
      .finally(ports.release);
  try {
    await answering(socketPath, child, log);
  } catch (error) {
    await remove();
    throw error;
  }
  const stop = async () => {
    try {
      if (runs(child)) await destroyAll(socketPath); // Ctrl-C ends the daemon too
    } finally {
      await remove();
    }
  };
  const open = (uri: string, options: Partial<ConnectOptions> = {}) =>
    connect({ socketPath, uri, signal: AbortSignal.timeout(20_000), ...options });
  const runHere = async (command: string, words: readonly string[]) => {
    const [first, ...rest] = asOwner();
    return (await run(first, [...rest, command, ...words], { cwd: directory })).stdout;
  };
  return { directory, socketPath, pid: child.pid, connect: open, give, run: runHere, stop };
}

function collect(child: ChildProcess): () => string {
  let log = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-4_000);
  });
  return () => log;
}

const runs = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null;

async function end(child: ChildProcess): Promise<void> {
  if (!runs(child)) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await ended;
  clearTimeout(force);
}

async function answering(socketPath: string, child: ChildProcess, log: () => string): Promise<void> {
  for (let attempt = 0; attempt < 150; attempt += 1) {
    if (!runs(child)) throw new Error(`libvirtd ended with ${child.exitCode ?? child.signalCode}: ${log()}`);
    try {
      const connection = await connect({
        socketPath,
        uri: 'test:///default',
        signal: AbortSignal.timeout(5_000),
      });
      return await connection.close();
    } catch {
      await sleep(100); // not there yet
    }
  }
  throw new Error(`libvirtd did not answer: ${log()}`);
}

/** A test that failed may have left domains; their processes would outlive the daemon. */
async function destroyAll(socketPath: string): Promise<void> {
  const signal = AbortSignal.timeout(20_000);
  const connection = await connect({ socketPath, uri: 'qemu:///session', signal });
  const running = await connection.domains.list(listFlags.active);
  await Promise.all(running.map((domain) => domain.destroy(0, { signal })));
  await connection.close();
}

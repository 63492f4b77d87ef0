/**
 * The libvirt of a host, as the client's own tests see a server: its socket forwarded by ssh, programs run over the
 * same ssh connection, since each new one takes an emulated host some ten seconds.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sshArguments } from '../../src/cli/ssh.ts';
import { connect } from '../../src/libvirt/connect.ts';
import { run, start } from '../../src/process/run.ts';
import type { SshAccess } from '../../src/wire/routes/host.ts';
import type { Server } from '../integration/libvirt/server.ts';

/** An emulated host under load takes its time over a handshake. */
const patienceMs = 180_000;

const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** Opens the way to a host's libvirt. `stop` closes it, and removes from the host what the tests put there. */
export async function openHostServer(access: SshAccess): Promise<Server> {
  const local = await mkdtemp(join(tmpdir(), 'blanket-host-libvirt-'));
  const [socketPath, control] = [join(local, 'libvirt-sock'), join(local, 'control')];
  // The socket is for root and its group, and a group is taken on with the next log-in.
  await run('ssh', [...sshArguments(access), 'sudo usermod -aG libvirt "$USER"'], { timeoutMs: patienceMs });
  const forward = ['-N', '-M', '-S', control, '-L', `${socketPath}:/run/libvirt/libvirt-sock`];
  const master = start('ssh', sshArguments(access, forward), { stdio: ['ignore', 'ignore', 'inherit'] });
  const inHost = async (script: string, input: Uint8Array = new Uint8Array()): Promise<string> => {
    const args = [...sshArguments(access, ['-S', control]), script];
    return (await run('ssh', args, { input, timeoutMs: patienceMs })).stdout;
  };
  const close = async () => {
    await end(master);
    await rm(local, { recursive: true });
  };
  try {
    await opened(master, socketPath);
    const directory = (await inHost('sudo mktemp -d /var/tmp/libvirt-test-XXXXXX')).trim();
    await inHost(`sudo chmod 0777 ${directory}`);
    const stop = () =>
      inHost(`sudo rm -rf ${directory}`)
        .finally(close)
        .then(() => undefined);
    return { ...serve(socketPath, directory, inHost), stop };
  } catch (error) {
    await close();
    throw error;
  }
}

function serve(
  socketPath: string,
  directory: string,
  inHost: (script: string, input?: Uint8Array) => Promise<string>,
): Omit<Server, 'stop'> {
  return {
    socketPath,
    qemuUri: 'qemu:///system',
    domainType: 'kvm',
    directory,
    connect: (uri, options) =>
      connect({ socketPath, uri, signal: AbortSignal.timeout(patienceMs), ...options }),
    run: (program, args) => {
      const words = ['sudo', program, ...args].map(quote).join(' ');
      return inHost(`cd ${directory} && ${words}`);
    },
    write: async (name, content) => {
      const path = `${directory}/${name}`;
      await inHost(`sudo sh -c 'cat >${path}'`, content);
      return path;
    },
  };
}

async function opened(master: ChildProcess, socketPath: string): Promise<void> {
  const until = Date.now() + patienceMs;
  while (!existsSync(socketPath)) {
    if (master.exitCode !== null) throw new Error(`ssh ended with ${master.exitCode} before it had opened.`);
    if (Date.now() > until) throw new Error(`ssh had not opened a way to libvirt after ${patienceMs} ms.`);
    await sleep(100);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit', { signal: AbortSignal.timeout(10_000) });
  child.kill('SIGTERM');
  await ended;
}

/**
 * A QEMU that belongs to nobody: started in its own session, it outlives the control that made it and is
 * found again by its pid file. A pid alone proves nothing after a crash, so the process of that pid must also have
 * the VM's UUID and pid file on its command line. QEMU locks its pid file and its disk: a VM never runs twice.
 */
import { open, readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { readIfThere } from '../../../infra/wan/durable-file.ts';
import { start } from '../../process/run.ts';
import { BlanketError } from '../../wire/errors.ts';
import { type QemuSpec, qemuArgs } from './qemu-args.ts';
import { qmp } from './qmp.ts';

export const qemuProgram = 'qemu-system-x86_64';

const startMs = 60_000;
const monitorMs = 5_000;
const quitMs = 10_000;

export type QemuIdentity = { readonly uuid: string; readonly pid: string };

/** The VM's process, `undefined` when it does not run. */
export async function findQemu({ uuid, pid }: QemuIdentity): Promise<number | undefined> {
  const number = Number.parseInt((await readIfThere(pid)) ?? '', 10);
  if (!Number.isSafeInteger(number) || number <= 0) return undefined;
  const args = await commandLine(number);
  return args.includes(uuid) && args.includes(pid) ? number : undefined;
}

/**
 * Starts QEMU and waits until its monitor answers. `log` gets what QEMU prints.
 * @throws `cloud.port-taken` when another program has the SSH port: worth trying again with another one.
 * @throws `cloud.vm-start-failed` with QEMU's last words, `cloud.qemu-missing`
 */
export async function startQemu(spec: QemuSpec, log: string, signal: AbortSignal): Promise<number> {
  await rm(spec.qmpSocket, { force: true });
  const output = await open(log, 'w', 0o600);
  const child = start(qemuProgram, qemuArgs(spec), {
    detached: true,
    cwd: '/',
    stdio: ['ignore', output.fd, output.fd],
  });
  child.unref();
  await output.close();
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  for (const deadline = Date.now() + startMs; Date.now() < deadline && !signal.aborted; await sleep(50)) {
    const ended = failure !== undefined || child.exitCode !== null || child.signalCode !== null;
    if (ended) throw await startFailure(log, spec, failure);
    if ((await findQemu(spec)) !== undefined && (await answers(spec.qmpSocket))) return child.pid ?? 0;
  }
  child.kill('SIGKILL');
  signal.throwIfAborted(); // the caller turns this into a BlanketError
  throw await startFailure(log, spec, new Error(`QEMU's monitor did not answer within ${startMs} ms`));
}

/**
 * Ends QEMU without asking its guest. Idempotent.
 * @throws `cloud.vm-stuck` when the process does not go away.
 */
export async function stopQemu(vm: QemuIdentity & { readonly qmpSocket: string }): Promise<void> {
  const number = await findQemu(vm);
  if (number === undefined) return;
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    kill(number, signal);
    for (const deadline = Date.now() + quitMs; Date.now() < deadline; await sleep(25)) {
      if ((await findQemu(vm)) === undefined && !(await commandLine(number)).includes(vm.uuid)) return;
    }
  }
  throw new BlanketError('cloud.vm-stuck', `QEMU (process ${number}) does not end, even when it is killed.`, {
    next: 'See what it waits for, usually a disk that does not answer, and try again.',
    data: { pid: number },
  });
}

/** The arguments of a process; none when it is gone or is a zombie. */
async function commandLine(pid: number): Promise<string[]> {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
  } catch {
    return []; // gone between two looks
  }
}

async function answers(socketPath: string): Promise<boolean> {
  try {
    await qmp(socketPath, 'query-status', monitorMs);
    return true;
  } catch {
    return false; // not listening yet; the caller's deadline bounds how often we ask
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

async function startFailure(log: string, spec: QemuSpec, cause: Error | undefined): Promise<BlanketError> {
  if (cause !== undefined && 'code' in cause && cause.code === 'ENOENT') return qemuMissing(cause);
  const said = ((await readIfThere(log)) ?? '').trim().slice(-2_000);
  const data = { vm: spec.name, log, stderr: said };
  if (/host forwarding rule/i.test(said)) {
    const message = `Port ${spec.sshPort} of this machine is taken by another program.`;
    return new BlanketError('cloud.port-taken', message, { data });
  }
  const words = said === '' ? '' : `: ${said.split('\n').at(-1)}`;
  return new BlanketError('cloud.vm-start-failed', `QEMU did not start the VM "${spec.name}"${words}`, {
    next: `Read ${log}.`,
    data,
    cause,
  });
}

export const qemuMissing = (cause: unknown): BlanketError =>
  new BlanketError('cloud.qemu-missing', `${qemuProgram} is not installed.`, {
    kind: 'blocked',
    next: 'Install the package qemu-system-x86.',
    cause,
  });

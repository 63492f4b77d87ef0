/**
 * libvirt's daemons, for as long as they are wanted. Where a service manager runs them they answer already and are left
 * alone; in a container or a bare machine nobody started them, and root may.
 */
import { once } from 'node:events';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { start } from '../../src/process/run.ts';
import { vagrantPlace } from './machines.ts';
import { virsh } from './virsh.ts';

const upMs = 30_000;
const endMs = 15_000;

export type Daemons = { stop(): Promise<void> };

/** @throws Error when libvirt does not answer and cannot be started from here. */
export async function needDaemons(say: (line: string) => void): Promise<Daemons> {
  const why = await silence();
  if (why === undefined) return { stop: async () => undefined };
  if (process.getuid?.() !== 0) {
    throw new Error('libvirt does not answer. Start libvirtd, and be root or in the group libvirt.', {
      cause: why,
    });
  }
  say('starting virtlogd and libvirtd');
  const started = [await startDaemon('virtlogd'), await startDaemon('libvirtd')];
  const stop = async () => {
    for (const daemon of started.toReversed()) await daemon.stop();
  };
  try {
    await answer();
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Why libvirt does not answer; `undefined` when it does. */
async function silence(): Promise<unknown> {
  try {
    await virsh('version');
    return undefined;
  } catch (error) {
    return error;
  }
}

async function answer(): Promise<void> {
  for (const until = Date.now() + upMs; ; await sleep(500)) {
    const why = await silence();
    if (why === undefined) return;
    if (Date.now() > until) throw new Error(`libvirtd did not answer within ${upMs} ms.`, { cause: why });
  }
}

async function startDaemon(name: string): Promise<Daemons> {
  await mkdir(vagrantPlace(), { recursive: true, mode: 0o700 });
  const log = await open(join(vagrantPlace(), `${name}.log`), 'a');
  // A session of its own: a Ctrl-C is for us, and the machines are taken down while libvirt still answers.
  const child = start(name, [], { stdio: ['ignore', log.fd, log.fd], detached: true });
  await once(child, 'spawn');
  await log.close();
  return {
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit', { signal: AbortSignal.timeout(endMs) });
      child.kill('SIGTERM');
      await gone;
    },
  };
}

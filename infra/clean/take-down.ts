/**
 * Removes all that belongs to one state directory: processes first, then the directory. It asks nobody, so it
 * works when control is dead, hung or of another version. VMs on clouds other than local ones are not reached
 * from here: `blanket host remove` takes those down.
 */
import { access, readlink, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { findHome } from '../../src/wire/home.ts';
import { endProcess, findProcesses, roles } from './processes.ts';

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Whether anything runs or lies there. */
export async function isUp(state: string): Promise<boolean> {
  return (await exists(state)) || (await findProcesses(state)).length > 0;
}

/** @throws Error when a process does not end; the directory is then left as it is. */
export async function takeDown(state: string, say: (line: string) => void): Promise<void> {
  for (const role of roles) {
    const found = (await findProcesses(state)).filter((process) => process.role === role);
    if (found.length > 0) say(`ending ${found.map(({ pid }) => `${role} ${pid}`).join(', ')}`);
    await Promise.all(found.map((process) => endProcess(process)));
  }
  await removeSockets(state);
  await rm(state, { recursive: true, force: true });
}

/** Sockets lie outside of a state directory whose path is too long for them (see `infra/wan/wan-paths.ts`). */
async function removeSockets(state: string): Promise<void> {
  const home = findHome({ ...process.env, BLANKET_STATE: state });
  await rm(home.socket, { force: true });
  const elsewhere = await readlink(join(state, 'wan/sockets')).catch(() => undefined);
  if (elsewhere === undefined || !basename(elsewhere).startsWith('blanket-')) return;
  await rm(elsewhere, { recursive: true, force: true });
}

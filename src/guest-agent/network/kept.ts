/** Networks as control named them last: what a host that was rebooted, or repaired by hand, goes back to. */
import { readdir } from 'node:fs/promises';
import { agentMethods } from '../../wire/agent-methods.ts';
import { BlanketError } from '../../wire/errors.ts';
import type { NetworkConfig } from '../../wire/methods/network.ts';
import { logError } from '../log.ts';
import type { Paths } from '../paths.ts';
import { readState } from '../state-file.ts';

const schema = agentMethods['network.apply'].params;

/** @throws BlanketError `agent.bad-state` */
export const keptNetwork = (paths: Paths, name: string): Promise<NetworkConfig | undefined> =>
  readState(paths.network(name, 'json'), schema);

/** Names of all, those that cannot be read included. */
async function keptNames(paths: Paths): Promise<string[]> {
  const files = await readdir(paths.networks).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return files
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

/** One that an agent of another version wrote is left to control, which names it again; the others need not wait for it. */
export async function keptNetworks(paths: Paths): Promise<NetworkConfig[]> {
  const kept: NetworkConfig[] = [];
  for (const name of await keptNames(paths)) {
    const config = await keptNetwork(paths, name).catch((error: unknown) => {
      logError('network.unreadable', error, { network: name });
    });
    if (config !== undefined) kept.push(config);
  }
  return kept;
}

/**
 * Those that the filter is to be of. `undefined` where only ones are kept that cannot be read: their guests are on their bridges
 * all the same, the filter knows them, and stays as it is.
 */
export async function toGuard(paths: Paths): Promise<NetworkConfig[] | undefined> {
  const all = await keptNetworks(paths);
  return all.length > 0 || (await keptNames(paths)).length === 0 ? all : undefined;
}

/** @throws BlanketError `network.missing` when this host does not carry the network. */
export async function requireNetwork(paths: Paths, name: string): Promise<NetworkConfig> {
  const known = await keptNetwork(paths, name);
  if (known !== undefined) return known;
  throw new BlanketError('network.missing', `This host does not carry network ${name}.`, {
    kind: 'not-found',
  });
}

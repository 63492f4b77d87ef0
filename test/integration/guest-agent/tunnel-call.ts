/** One call of the tunnel's methods, as an agent would answer it, in the namespaces in which this program is run. */
import { argv } from 'node:process';
import { z } from 'zod';
import { tunnelHandlers } from '../../../src/guest-agent/methods/tunnel.ts';
import { restoreGuardedTunnel } from '../../../src/guest-agent/network.ts';
import { pathsUnder } from '../../../src/guest-agent/paths.ts';
import { keepFollowing, repairTunnel, tunnelDiffers } from '../../../src/guest-agent/tunnel.ts';
import { agentMethods } from '../../../src/wire/agent-methods.ts';

const [state, method, params = '{}'] = argv.slice(2);
const paths = pathsUnder(z.string().parse(state));
const handlers = tunnelHandlers({ paths } as Parameters<typeof tunnelHandlers>[0]);
const call = { progress: () => undefined, signal: new AbortController().signal };

async function answer(): Promise<unknown> {
  if (method === 'follow') return keepFollowing(paths);
  if (method === 'differs') return tunnelDiffers(paths);
  if (method === 'repair') return repairTunnel(paths);
  if (method === 'restore') return { restored: await restoreGuardedTunnel(paths) };
  const name = z
    .enum(['tunnel.identity', 'tunnel.next-key', 'tunnel.configure', 'tunnel.status'])
    .parse(method);
  if (name !== 'tunnel.configure') return handlers[name]({}, call);
  return handlers[name](agentMethods[name].params.parse(JSON.parse(params)), call);
}

process.stdout.write(JSON.stringify(await answer()));

/** A control of its own over hosts whose tunnels are real, for tests that need root and the tools of tunnels. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { pino } from 'pino';
import { unheard } from '../../../src/control/provision/enrol.ts';
import type { Services } from '../../../src/control/services.ts';
import { openStore } from '../../../src/control/store/store.ts';
import { run } from '../../../src/process/run.ts';
import { hostRecord } from '../../control/host-record.ts';
import { asRoot } from '../as-root.ts';
import { pings, type TunnelHost, tunnelHosts } from './tunnel-hosts.ts';

export const never = new AbortController().signal;
const tools = ['wireguard-go', 'wg', 'nft', 'unshare', 'nsenter', 'ping'];

async function lacking(): Promise<string[]> {
  const found = await Promise.all(
    tools.map((tool) =>
      run('sh', ['-c', `command -v ${tool}`]).then(
        () => [],
        () => [tool],
      ),
    ),
  );
  return found.flat();
}
const absent = await lacking();

export const withTools = (title: string, body: (t: ExecutionContext) => Promise<void>): void => {
  if (absent.length > 0) test.skip(`${title} (${absent.join(', ')} not installed)`, body);
  else asRoot('make network namespaces', title, body);
};

export type Fleet = { services: Services; hosts: TunnelHost[]; names: string[] };

/** A control with a store of its own over hosts h1, h2, …, which have made their keys. */
export async function fleet(t: ExecutionContext, count: number): Promise<Fleet> {
  const hosts = await tunnelHosts(t, count);
  const names = hosts.map((_, index) => `h${index + 1}`);
  const folder = await mkdtemp(join(tmpdir(), 'blanket-control-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const store = openStore(join(folder, 'control.db'));
  for (const [index, host] of hosts.entries()) {
    const { publicKey } = (await host.call('tunnel.identity')) as { publicKey: string };
    const name = names[index] ?? '';
    store.hosts.insert(hostRecord(name, index + 1, { address: host.address, tunnelKey: publicKey }));
  }
  const agents = {
    call: (name: string, method: string, params: unknown) => hosts[names.indexOf(name)]?.call(method, params),
  };
  const services = { store, agents, log: pino({ level: 'silent' }) } as unknown as Services;
  return { services, hosts, names };
}

export const heardByAll = async ({ services, names }: Fleet, t: ExecutionContext) => {
  for (const name of names) t.deepEqual((await unheard(services, name, 30_000, never)).missing, []);
};
/** A failed assertion stays failed, so what may fail at first must be no assertion. */
export async function mustPing(...to: Parameters<typeof pings>): Promise<void> {
  if (!(await pings(...to))) throw new Error(`${to[1]} does not answer`);
}
export const inside = (number: number) => `10.254.0.${number}`;

/** Control's network handlers over a real store, with agents that keep what they are told. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { pino } from 'pino';
import type { Agents } from '../../../src/control/agents/agents.ts';
import { hostHandlers } from '../../../src/control/api/host-handlers.ts';
import { networkHandlers } from '../../../src/control/api/network-handlers.ts';
import { Operations } from '../../../src/control/operations/operations.ts';
import type { Services } from '../../../src/control/services.ts';
import { openStore } from '../../../src/control/store/store.ts';
import { agentMethods } from '../../../src/wire/agent-methods.ts';
import { api } from '../../../src/wire/api.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import type { NetworkConfig } from '../../../src/wire/methods/network.ts';
import { recordedAs } from '../../blanket-drivers/machines.ts';
import { hostRecord } from '../host-record.ts';

const machine = recordedAs('vmware-esxi-bios').facts;
const onUplink = (nic: object) => ({ ...nic, addresses: ['10.0.2.15/24'] });

const log = pino({ level: 'silent' });

export type Told = { host: string; method: string; params: Record<string, unknown> };

/** Hosts a1, b1, c1 with the indexes 1, 2, 3. Those in `away` cannot be reached; those in `silent` never answer; `refuses` has `host network`. */
export function rig(t: ExecutionContext) {
  const directory = mkdtempSync(join(tmpdir(), 'blanket-network-'));
  const store = openStore(join(directory, 'control.db'));
  t.teardown(() => {
    store.close();
    rmSync(directory, { recursive: true });
  });
  const told: Told[] = [];
  const away = new Set<string>();
  const silent = new Set<string>();
  const refuses = new Set<string>();
  const agents = {
    async call(host: string, method: keyof typeof agentMethods, params: unknown) {
      if (away.has(host)) throw new BlanketError('ssh.unreachable', `${host} does not answer.`);
      if (silent.has(host)) await new Promise(() => undefined);
      if (refuses.has(`${host} ${(params as { name?: string }).name}`)) {
        throw method === 'network.remove'
          ? new BlanketError('network.remove-failed', 'It is held.')
          : new BlanketError('network.port-taken', 'A port is in use.');
      }
      told.push({ host, method, params: agentMethods[method].params.parse(params) });
      if (method === 'facts.read') return { ...machine, nics: machine.nics.map(onUplink) };
      return method === 'host.status' ? { guests: [], notices: [], warnings: [], machine: null } : {};
    },
    forget: () => undefined,
  } as unknown as Agents;
  const key = { privateKey: '', publicKey: '', file: '' };
  const operations = new Operations(store, log);
  const services: Services = { store, operations, agents, key, paths: { state: directory }, log };
  for (const [i, name] of ['a1', 'b1', 'c1'].entries()) {
    store.hosts.insert(hostRecord(name, i + 1, { tunnelKey: 'k', address: `192.0.2.${i + 1}`, subnets: [] }));
  }
  return {
    store,
    operations,
    services,
    told,
    away,
    silent,
    refuses,
    ...handlers(services),
    ...readers(told),
  };
}

function handlers(services: Services) {
  const networks = networkHandlers(services);
  const call = { query: {}, body: {} };
  return {
    networks,
    create: async (
      name: string,
      subnet: string,
      more: { subnet6?: string; isolated?: boolean; egress?: string } = {},
    ) =>
      networks['network.create']({
        ...{ params: {}, query: {} },
        body: api['network.create'].body.parse({ name, subnet, ...more }),
      }),
    remove: async (name: string) => networks['network.remove']({ ...call, params: { name } }),
    egress: async (name: string, host: string | null) =>
      networks['network.egress']({ ...call, params: { name }, body: { host } }),
    removeHost: async (name: string, force = false) =>
      hostHandlers(services)['host.remove']({ ...call, params: { name }, query: { force } }),
    connect: async (name: string, other: string) =>
      networks['network.connect']({ ...call, params: { name, other } }),
    disconnect: async (name: string, other: string) =>
      networks['network.disconnect']({ ...call, params: { name, other } }),
  };
}

function readers(told: Told[]) {
  /** The last that a host was told of a network. */
  const config = (host: string, network: string): NetworkConfig => {
    const last = told.findLast(
      (call) => call.host === host && call.method === 'network.apply' && call.params.name === network,
    );
    if (last === undefined) throw new Error(`${host} was told nothing of ${network}`);
    return agentMethods['network.apply'].params.parse(last.params);
  };
  /** Who was told what since the last question, one line a call. */
  const news = (): string[] =>
    told
      .splice(0)
      .map(({ host, method, params }) => `${host} ${method} ${params.name}`)
      .sort();
  return { config, news };
}

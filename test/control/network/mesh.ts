/** A control with a store of its own, and hosts whose agents and tunnels live in memory. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { pino } from 'pino';
import { pairOf } from '../../../src/control/network/relays.ts';
import type { Services } from '../../../src/control/services.ts';
import type { HostRecord } from '../../../src/control/store/records.ts';
import { networkRecordSchema } from '../../../src/control/store/records.ts';
import { openStore, type Store } from '../../../src/control/store/store.ts';
import type { AgentParsed, AgentResult } from '../../../src/wire/agent.ts';
import { agentMethods } from '../../../src/wire/agent-methods.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import { recordedAs } from '../../blanket-drivers/machines.ts';
import { hostRecord } from '../host-record.ts';

type Config = AgentParsed<'tunnel.configure'>;

const machine = recordedAs('vmware-esxi-bios').facts;
let keysMade = 0;
const makeKey = () => `${Buffer.from(`key ${++keysMade}`.padEnd(32, '.')).toString('base64')}`;

/** As an agent does: the next pair becomes the current one when it is used. */
export class FakeAgent {
  key = makeKey();
  nextKey: string | undefined;
  config: Config | undefined;
  configured = 0;
  pathMtu = 1500;
  /** Of its cards, with prefix. */
  addresses: string[] = [];
  /** Called before each call is answered, and again after it was. */
  hook: (method: string, when: 'before' | 'after') => void = () => undefined;

  configure(config: Config): object {
    if (config.key !== null && config.key !== this.key) {
      if (config.key !== this.nextKey) throw new BlanketError('tunnel.unknown-key', 'No such key.');
      this.key = config.key;
      this.nextKey = undefined;
    }
    this.config = config;
    this.configured++;
    return {};
  }

  next(): { publicKey: string } {
    this.nextKey ??= makeKey();
    return { publicKey: this.nextKey };
  }
}

export type Mesh = {
  directory: string;
  store: Store;
  services: Services;
  agents: Map<string, FakeAgent>;
  cut: Set<string>;
  addHost(name: string, change?: Partial<HostRecord>): FakeAgent;
  agent(name: string): FakeAgent;
  /** A control that was ended and started again. */
  restart(): void;
};

const shakesHands = (mesh: Mesh, a: string, b: string): boolean => {
  const knows = (one: FakeAgent, other: FakeAgent) =>
    one.config?.peers.some(({ publicKey }) => publicKey === other.key) === true;
  return (
    !mesh.cut.has(pairOf(a, b)) && knows(mesh.agent(a), mesh.agent(b)) && knows(mesh.agent(b), mesh.agent(a))
  );
};

function statusOf(mesh: Mesh, host: string): AgentResult<'tunnel.status'> {
  const { key, config } = mesh.agent(host);
  const peers = (config?.peers ?? []).map(({ publicKey, endpoint }) => {
    const [other] = [...mesh.agents].find(([, agent]) => agent.key === publicKey) ?? [];
    const heard = other !== undefined && shakesHands(mesh, host, other);
    const counts = { receivedBytes: heard ? Date.now() : 0, sentBytes: 0 };
    return { publicKey, endpoint, handshakeSecondsAgo: heard ? 3 : null, ...counts };
  });
  return { publicKey: key, mtu: config?.mtu ?? null, peers };
}

function answer(mesh: Mesh, host: string, method: string, params: unknown): object {
  const agent = mesh.agent(host);
  switch (method) {
    case 'facts.read':
      return { ...machine, nics: [{ name: 'eth0', mac: '', mtu: 1500, addresses: agent.addresses }] };
    case 'tunnel.identity':
      return { publicKey: agent.key };
    case 'tunnel.next-key':
      return agent.next();
    case 'tunnel.configure':
      return agent.configure(agentMethods['tunnel.configure'].params.parse(params));
    case 'tunnel.status':
      return statusOf(mesh, host);
    case 'network.apply':
      return {};
    case 'conform.path': {
      const { address } = agentMethods['conform.path'].params.parse(params);
      const to = mesh.store.hosts.list().find((one) => one.address === address)?.name ?? '';
      const largest = Math.min(agent.pathMtu, mesh.agent(to).pathMtu);
      return { address, deviceMtu: 1500, needed: 1480, largest };
    }
    default:
      throw new Error(`no answer to ${method}`);
  }
}

function open(mesh: Mesh): void {
  mesh.store = openStore(join(mesh.directory, 'control.db'));
  const agents = {
    async call(host: string, method: string, params: unknown) {
      mesh.agent(host).hook(method, 'before');
      const result = answer(mesh, host, method, params);
      mesh.agent(host).hook(method, 'after');
      return result;
    },
  };
  mesh.services = { store: mesh.store, agents, log: pino({ level: 'silent' }) } as unknown as Services;
}

export async function mesh(t: ExecutionContext, ...names: string[]): Promise<Mesh> {
  const directory = await mkdtemp(join(tmpdir(), 'blanket-mesh-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const made: Mesh = {
    ...{ directory, agents: new Map(), cut: new Set() },
    ...{ store: undefined as unknown as Store, services: undefined as unknown as Services },
    addHost(name, change = {}) {
      const agent = new FakeAgent();
      const index = made.agents.size + 1;
      made.agents.set(name, agent);
      made.store.hosts.insert(
        hostRecord(name, index, { address: `192.0.2.${index}`, tunnelKey: agent.key, ...change }),
      );
      return agent;
    },
    agent(name) {
      const agent = made.agents.get(name);
      if (agent === undefined) throw new Error(`no host ${name}`);
      return agent;
    },
    restart() {
      made.store.close();
      open(made);
    },
  };
  open(made);
  for (const name of names) made.addHost(name);
  return made;
}

export const network = (name: string, mtu: number) =>
  networkRecordSchema.parse({
    ...{ name, subnet: '10.77.0.0/24', vni: 100, mtu, createdAt: '2026-01-02T03:04:05.000Z' },
  });

/** What a peer of `host` carries, by the last number of addresses in the tunnel. */
export function carriedBy({ agents, agent }: Mesh, host: string, peer: string): number[] {
  const { key } = agents.get(peer) ?? { key: '' };
  const found = agent(host).config?.peers.find(({ publicKey }) => publicKey === key);
  return (found?.carries ?? []).map((address) => Number(address.split('.').at(-1)));
}

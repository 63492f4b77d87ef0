/** Two hosts that are enrolled at the same moment, against pretended agents and a real store. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { pino } from 'pino';
import { Operations } from '../../../src/control/operations/operations.ts';
import { provisionFlow } from '../../../src/control/provision/provision.ts';
import type { Services } from '../../../src/control/services.ts';
import { openStore } from '../../../src/control/store/store.ts';
import type { AgentParsed } from '../../../src/wire/agent.ts';
import { recordedAs } from '../../blanket-drivers/machines.ts';
import { hostRecord } from '../host-record.ts';

/** As when each of them has just been heard. */
const heard = (keys: readonly string[]) => ({
  mtu: 1420,
  peers: keys.map((publicKey) => ({
    ...{ publicKey, endpoint: null, handshakeSecondsAgo: 1, receivedBytes: 1, sentBytes: 1 },
  })),
});

test('two hosts that are enrolled at once know each other', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'blanket-two-at-once-'));
  const store = openStore(join(directory, 'control.db'));
  t.teardown(() => {
    store.close();
    rmSync(directory, { recursive: true });
  });
  /** Each host's peers, as it was told last. */
  const peers = new Map<string, string[]>();
  const agents = {
    async call(host: string, method: string, params: unknown) {
      // An answer takes a while, in which the other goes on.
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (method === 'tunnel.identity') return { publicKey: `key of ${host}` };
      if (method === 'facts.read') return recordedAs('vmware-esxi-bios').facts;
      if (method === 'conform.path') return { deviceMtu: 1500, largest: 1500 };
      if (method === 'tunnel.status') return heard(peers.get(host) ?? []);
      const { peers: told } = params as AgentParsed<'tunnel.configure'>;
      peers.set(
        host,
        told.map(({ publicKey }) => publicKey),
      );
      return {};
    },
  } as unknown as Services['agents'];
  const log = pino({ level: 'silent' });
  const operations = new Operations(store, log);
  const key = { privateKey: '', publicKey: '', file: '' };
  const services: Services = { store, operations, agents, key, paths: { state: directory }, log };
  const enrol = provisionFlow(services).phases.find(({ name }) => name === 'enrol');
  const context = {
    signal: new AbortController().signal,
    progress: () => undefined,
    save: () => undefined,
  };
  const hosts = ['a1', 'b1'];
  for (const [index, name] of hosts.entries())
    store.hosts.insert(
      hostRecord(name, index + 1, {
        state: 'provisioning',
        tunnelKey: null,
        address: `192.0.2.${index + 1}`,
      }),
    );
  await Promise.all(hosts.map((host) => enrol?.do({ ...context, state: { host, bootTimeoutMs: 1 } })));
  t.deepEqual(Object.fromEntries(peers), { a1: ['key of b1'], b1: ['key of a1'] });
});

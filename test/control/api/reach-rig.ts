/** The handlers of how guests are reached, over a real store, with agents that answer as a test says. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { pino } from 'pino';
import { reachHandlers } from '../../../src/control/api/reach-handlers.ts';
import type { Services } from '../../../src/control/services.ts';
import { networkRecordSchema } from '../../../src/control/store/records.ts';
import { openStore } from '../../../src/control/store/store.ts';
import { api } from '../../../src/wire/api.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import type { AllowRule } from '../../../src/wire/network.ts';
import { guestRecord } from '../fleet/rig.ts';
import { hostRecord } from '../host-record.ts';

/** What an agent does when a network is applied: nothing, or it throws. */
type Agents = Record<string, () => void>;

const nic = (address: string, mac: string) => ({ network: 'lan', address, mac, address6: null });

export function rig(t: ExecutionContext, agents: Agents = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'blanket-reach-'));
  const store = openStore(join(directory, 'control.db'));
  t.teardown(() => {
    store.close();
    rmSync(directory, { recursive: true });
  });
  const told: string[] = [];
  const services = {
    store,
    log: pino({ level: 'silent' }),
    agents: {
      async call(host: string, method: string) {
        if (method !== 'network.apply') return {};
        told.push(host);
        agents[host]?.();
        return {};
      },
    },
  } as unknown as Services;
  for (const [index, name] of ['a1', 'b1', 'c1'].entries()) {
    const ssh = { host: '192.0.2.1', port: 2201 + index };
    store.hosts.insert(
      hostRecord(name, index + 1, { ssh, tunnelKey: name, address: `192.0.2.${index + 1}` }),
    );
  }
  const lan = { name: 'lan', subnet: '10.77.0.0/24', vni: 100, createdAt: '2026-01-02T03:04:05.000Z' };
  store.networks.insert(
    networkRecordSchema.parse({
      ...lan,
      hostAddresses: { a1: '10.77.0.254', b1: '10.77.0.253', c1: '10.77.0.252' },
    }),
  );
  store.guests.insert(guestRecord('web1', 'a1', { nics: [nic('10.77.0.10', '52:54:00:00:00:01')] }));
  store.guests.insert(guestRecord('web2', 'b1', { nics: [nic('10.77.0.11', '52:54:00:00:00:02')] }));
  const handlers = reachHandlers(services);
  const published = (name = 'web1') => store.guests.get(name).published;
  return {
    ...{ store, told, agents, published },
    publish: async (body: object, name = 'web1') =>
      handlers['guest.publish']({
        ...{ params: { name }, query: {} },
        body: api['guest.publish'].body.parse({ protocol: 'tcp', port: 8080, toPort: 80, ...body }),
      }),
    unpublish: async (port = 8080, name = 'web1') =>
      handlers['guest.unpublish']({ params: { name, protocol: 'tcp', port }, query: {}, body: {} }),
    firewall: async (allow: AllowRule[] | null, name = 'web1') =>
      handlers['guest.firewall']({ params: { name }, query: {}, body: { allow } }),
  };
}

export const fail = (code: string, port?: number) => () => {
  throw new BlanketError(
    code,
    `It says ${code}.`,
    port === undefined ? {} : { data: { protocol: 'tcp', port, taken: [{ protocol: 'tcp', port }] } },
  );
};

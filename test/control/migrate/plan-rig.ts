/** Two hosts that can take each other's guests, over a real store, with agents that answer from a table. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { pino } from 'pino';
import type { Agents } from '../../../src/control/agents/agents.ts';
import { Operations } from '../../../src/control/operations/operations.ts';
import type { Services } from '../../../src/control/services.ts';
import type { GuestRecord } from '../../../src/control/store/records.ts';
import { openStore } from '../../../src/control/store/store.ts';
import { portableCpu } from '../../../src/wire/cpu.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import { cpu } from '../fleet/hosts.ts';
import { guestRecord } from '../fleet/rig.ts';
import { hostRecord } from '../host-record.ts';
import { networkRecord } from '../network-record.ts';

const MIB = 2 ** 20;
const digest = `sha256:${'a'.repeat(64)}`;

type Answer = (params: Record<string, unknown>) => unknown;
export type Answers = Record<string, Record<string, Answer>>;

export const status = {
  ...{ agent: '1', kernel: '6', node: 'v20', libvirt: '11.3.0', qemu: '10.0.3', memoryTotal: 1024 * MIB },
  ...{ memoryFree: 1024 * MIB, diskFree: 4096 * MIB, uptimeSeconds: 1, guests: [], machine: null },
  ...{ notices: [], warnings: [] },
};
export const survey = {
  ...{ machine: 'pc-q35-7.2', stuck: [] as string[], snapshots: 0, residentBytes: 100 * MIB },
  ...{ dirtyBytesPerSecond: 0, dirtyUnmeasured: null as string | null },
  compressing: { bytesPerSecond: 1e7, cpus: 2 },
};
export const way = { bytesPerSecond: 12.5e6, rttMs: 40, bytes: 4 * MIB };
export const view = { name: 'web1', uuid: '', state: 'running', disk: true, diskAllocated: 4 * MIB };

export const usual = (): { a1: Record<string, Answer>; b1: Record<string, Answer> } => {
  const both = {
    'host.status': () => status,
    'image.list': () => ({ images: [{ digest, bytes: 64 * MIB }] }),
    'conform.now': () => ({ unixMs: Date.now(), clockSource: 'tsc', bootId: 'b', uptimeSeconds: 1 }),
    'engine.cpu': () => cpu(portableCpu([]).features.join(' ')),
  };
  return {
    a1: { ...both, 'guest.view': () => view, 'plan.source': () => survey, 'plan.path-send': () => way },
    b1: {
      ...both,
      'guest.view': () => ({ ...view, state: 'absent', disk: false, diskAllocated: 0 }),
      'plan.destination': () => ({ machines: ['pc-q35-7.2'], compressing: survey.compressing }),
      'plan.path-sink': () => ({ address: '10.0.0.2', port: 4 }),
    },
  };
};

export function planRig(t: ExecutionContext, answers: Answers, guest: Partial<GuestRecord> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'blanket-plan-'));
  const store = openStore(join(directory, 'control.db'));
  t.teardown(() => {
    store.close();
    rmSync(directory, { recursive: true });
  });
  store.hosts.insert(hostRecord('a1', 1, { engine: guest.engine ?? 'kvm' }));
  store.hosts.insert(hostRecord('b1', 2, { engine: guest.engine ?? 'kvm' }));
  store.networks.insert(networkRecord('lan', '10.77.0.0/24', 100));
  const nics = [{ network: 'lan', mac: '52:54:00:00:00:01', address: '10.77.0.10', address6: null }];
  store.guests.insert(guestRecord('web1', 'a1', { nics, ...guest }));
  const asked: string[] = [];
  const agents = {
    async call(host: string, method: string, params: Record<string, unknown>) {
      asked.push(`${host} ${method}`);
      const answer = answers[host]?.[method];
      if (answer !== undefined) return answer(params);
      throw new BlanketError('agent.unknown-method', `This agent has no method "${method}".`);
    },
  } as unknown as Agents;
  const log = pino({ level: 'silent' });
  const operations = new Operations(store, log);
  const key = { privateKey: '', publicKey: '', file: '' };
  const services: Services = { store, operations, agents, key, paths: { state: directory }, log };
  return { store, operations, services, asked };
}

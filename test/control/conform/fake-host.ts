/** A control with a store of its own and one host whose agent answers from memory. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { pino } from 'pino';
import { conformFlow } from '../../../src/control/conform/conform.ts';
import { Operations } from '../../../src/control/operations/operations.ts';
import type { Services } from '../../../src/control/services.ts';
import {
  type GuestRecord,
  guestRecordSchema,
  type HostRecord,
  hostRecordSchema,
} from '../../../src/control/store/records.ts';
import { openStore, type Store } from '../../../src/control/store/store.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import { overhead, peer, well } from './readings.ts';

type Answer = (params: Record<string, unknown>) => unknown;

const at = '2026-01-02T03:04:05.000Z';
const log = pino({ level: 'silent' });
const value = (reading: object): unknown => ('value' in reading ? reading.value : undefined);

export const hostRecord = (name: string, index: number): HostRecord =>
  hostRecordSchema.parse({
    ...{ name, cloud: 'alpha', state: 'ready', image: '/x', vcpus: 1, memoryMiB: 1536, diskGiB: 8, index },
    ...{ hostKeyPrivate: '', hostKeyPublic: '', driverOverride: null, ssh: null, address: '192.0.2.1' },
    ...{
      tunnelKey: 'k',
      driver: 'openstack-kvm',
      driverWhy: '',
      engine: 'kvm',
      engineWhy: '',
      engineScore: 70,
    },
    createdAt: at,
  });

export const guestOn = (host: string): GuestRecord =>
  guestRecordSchema.parse({
    ...{
      name: 'web1',
      uuid: '11111111-2222-4333-8444-555555555555',
      state: 'running',
      host,
      image: 'counter',
    },
    ...{ digest: `sha256:${'a'.repeat(64)}`, engine: 'kvm', vcpus: 1, memoryMiB: 128, diskBytes: 1 },
    ...{ nics: [], createdAt: at },
  });

/** Counts boots; a host that is `stuck` never answers after its reboot. */
export class FakeHost {
  boot = 1;
  stuck = false;
  /** Methods in the order in which they were called, without the clock's. */
  readonly calls: string[] = [];
  readonly answers: Record<string, Answer> = {};
  /** Called with each method before it is answered. */
  before: (method: string) => Promise<void> = async () => undefined;

  async call(_host: string, method: string, params: Record<string, unknown>): Promise<unknown> {
    if (this.stuck) throw new BlanketError('ssh.unreachable', 'Nobody answers.');
    if (method !== 'conform.now') this.calls.push(method);
    await this.before(method);
    return (this.answers[method] ?? this.#usual(method))(params);
  }

  forget(): void {
    this.calls.push('(forgotten)');
  }

  #usual(method: string): Answer {
    const { disk, driver } = well();
    const { throughput, loss, tunnelPath } = peer('b1');
    const usual: Record<string, Answer> = {
      'host.status': () => ({ agent: '1', kernel: '6', libvirt: '11', qemu: '10', node: 'v20' }),
      'host.reboot': ({ bootId }) => void (bootId === `boot-${this.boot}` && this.boot++),
      'conform.now': () => ({
        ...{ unixMs: Date.now(), clockSource: 'tsc', bootId: `boot-${this.boot}`, uptimeSeconds: 1 },
      }),
      'conform.keep': ({ bytes }) => ({ bytes, digest: 'ab'.repeat(32) }),
      'conform.check-kept': () => ({ present: true, intact: true, blocks: 1024, tornBlocks: 0 }),
      'conform.disk': () => value(disk),
      'driver.verify': () => value(driver),
      'engine.probe': () => ({
        chosen: 'kvm',
        why: '',
        probes: [{ engine: 'kvm', usable: true, score: 70 }],
      }),
      'conform.overhead': () => overhead,
      'conform.sink': () => ({ address: '10.254.0.2', port: 5000 }),
      'conform.send': () => value(throughput),
      'conform.loss': () => value(loss),
      'conform.path': () => value(tunnelPath),
    };
    return usual[method] ?? (() => ({}));
  }
}

export type Rig = { directory: string; store: Store; services: Services; host: FakeHost };

/** A control on a state directory; `close` it before the next one opens the same. */
export function openControl(directory: string, host: FakeHost): Rig {
  const store = openStore(join(directory, 'control.db'));
  const operations = new Operations(store, log);
  const services = {
    store,
    operations,
    agents: host,
    paths: { state: directory },
    log,
  } as unknown as Services;
  operations.define(conformFlow(services));
  return { directory, store, services, host };
}

export async function rig(t: ExecutionContext): Promise<Rig> {
  const directory = await mkdtemp(join(tmpdir(), 'blanket-conform-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const made = openControl(directory, new FakeHost());
  const config = { profile: 'openstack-kvm' };
  made.store.clouds.insert({ name: 'alpha', type: 'local', config, createdAt: at });
  made.store.hosts.insert(hostRecord('a1', 1));
  return made;
}

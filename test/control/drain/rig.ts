/** Control's handlers over a real store, hosts whose agents answer from a table, and migrations that a test ends. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { pino } from 'pino';
import type { Agents } from '../../../src/control/agents/agents.ts';
import { drainHandlers } from '../../../src/control/api/drain-handlers.ts';
import { guestHandlers } from '../../../src/control/api/guest-handlers.ts';
import { hostHandlers } from '../../../src/control/api/host-handlers.ts';
import { migrateHandlers } from '../../../src/control/api/migrate-handlers.ts';
import { drainFlow } from '../../../src/control/drain/drain.ts';
import { Operations } from '../../../src/control/operations/operations.ts';
import type { Services } from '../../../src/control/services.ts';
import type { GuestRecord, HostRecord } from '../../../src/control/store/records.ts';
import { openStore } from '../../../src/control/store/store.ts';
import { api } from '../../../src/wire/api.ts';
import { portableCpu } from '../../../src/wire/cpu.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import type { Operation } from '../../../src/wire/resources.ts';
import { guestRecord } from '../fleet/rig.ts';
import { hostRecord } from '../host-record.ts';

const log = pino({ level: 'silent' });
const mebi = 2 ** 20;
const { features } = portableCpu([]);
const cpu = { engine: 'kvm' as const, vendor: 'AMD', model: 'EPYC', features, lacks: [], faulty: [] };

type Room = { memoryFree: number; diskFree: number };
type Ending = 'done' | BlanketError;
type State = { guest: string; source: string; destination: string };

export type Rig = ReturnType<typeof rig>;

/** Hosts a1, b1, c1 with 1 GiB of memory and disk free on each. */
export function rig(t: ExecutionContext) {
  const directory = mkdtempSync(join(tmpdir(), 'blanket-drain-'));
  const store = openStore(join(directory, 'control.db'));
  t.teardown(() => {
    store.close();
    rmSync(directory, { recursive: true });
  });
  const rooms: Record<string, Room> = {};
  const addHost = (name: string, index: number, change: Partial<HostRecord> = {}): void => {
    store.hosts.insert(hostRecord(name, index, { cpu, ...change }));
    rooms[name] = { memoryFree: 1024 * mebi, diskFree: 1024 * mebi };
  };
  for (const [i, name] of ['a1', 'b1', 'c1'].entries()) addHost(name, i + 1);
  const agents = {
    async call(host: string, method: string, { name }: { name: string }) {
      if (rooms[host] === undefined) throw new BlanketError('ssh.unreachable', `${host} does not answer.`);
      if (method === 'host.status') return rooms[host];
      if (method !== 'guest.view') return {};
      const guest = store.guests.get(name);
      const here = guest.host === host;
      return {
        name,
        uuid: '',
        state: here ? (guest.state === 'stopped' ? 'stopped' : 'running') : 'absent',
        disk: here,
        diskAllocated: here ? mebi : 0,
      };
    },
  } as unknown as Agents;
  const key = { privateKey: '', publicKey: '', file: '' };
  const base = { store, agents, key, paths: { state: directory }, log };
  return { ...base, rooms, addHost, ...controlOver(base) };
}

function controlOver(base: Omit<Services, 'operations'>) {
  const { store } = base;
  const operations = new Operations(store, log);
  const services: Services = { ...base, operations };
  const copies = new Map<string, { state: State; end: (ending: Ending) => void }>();
  const begun = new Set<() => void>();
  operations.define<State>({
    kind: 'guest.migrate',
    phases: [{ name: 'copy', do: ({ state, signal }) => copyOf(state, signal) }],
    ...{ afterRestart: 'resume', undoneState: 'rolled-back' },
    end({ guest, destination }, { state }) {
      if (state === 'done') store.guests.update(guest, { host: destination });
      return undefined;
    },
  });
  function copyOf(state: State, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (ending: Ending) => {
        copies.delete(state.guest);
        if (ending === 'done') resolve();
        else reject(ending);
      };
      signal.addEventListener('abort', () => end(new BlanketError('migrate.cancelled', 'It was cancelled.')));
      copies.set(state.guest, { state, end });
      for (const look of begun) look();
    });
  }
  operations.define(drainFlow(services));
  /** Once so many copies are under way: `guest destination`, sorted. */
  const underWay = (count: number): Promise<string[]> =>
    new Promise((resolve) => {
      const look = () => {
        if (copies.size !== count) return;
        begun.delete(look);
        resolve(
          [...copies.values()].map(({ state: { guest, destination } }) => `${guest} ${destination}`).sort(),
        );
      };
      begun.add(look);
      look();
    });
  const end = (guest: string, ending: Ending = 'done') => copies.get(guest)?.end(ending);
  return { services, operations, copies, underWay, end, ...asking(services) };
}

function asking(services: Services) {
  const { store, operations } = services;
  const [drains, guests] = [drainHandlers(services), guestHandlers(services)];
  const call = { query: {}, body: {} };
  const drain = async (name: string, body: { to?: string[]; parallel?: number; stopped?: boolean } = {}) =>
    drains['host.drain']({ params: { name }, query: {}, body: api['host.drain'].body.parse(body) });
  const undrain = async (name: string) => drains['host.undrain']({ ...call, params: { name } });
  const start = async (name: string) => guests['guest.start']({ ...call, params: { name } });
  const migrate = async (name: string, to: string, wish: { mode?: string } = {}) =>
    migrateHandlers(services)['guest.migrate']({
      ...{ params: { name }, query: {} },
      body: api['guest.migrate'].body.parse({ to, ...wish }),
    });
  const removeHost = async (name: string) =>
    hostHandlers(services)['host.remove']({ ...call, params: { name }, query: { force: false } });
  const addGuest = (name: string, host: string, memoryMiB: number, change: Partial<GuestRecord> = {}) =>
    store.guests.insert(guestRecord(name, host, { memoryMiB, ...change }));
  const ended = async ({ id }: Pick<Operation, 'id'>): Promise<Operation> => {
    let operation = operations.show(id);
    while (operation.state === 'running') operation = await operations.wait(id, operation.version, 5_000);
    return operation;
  };
  return { drain, undrain, start, migrate, removeHost, addGuest, ended };
}

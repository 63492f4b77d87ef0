/** KVM, and QEMU's emulator in its place (`tcg`), both through libvirt's QEMU driver; the domain's type tells which. */
import { faultyCpuFeatures } from '../../blanket-drivers/cpu-faults.ts';
import { readLeaf } from '../../blanket-drivers/read-facts.ts';
import type { Connection } from '../../libvirt/connection.ts';
import { abortJobFlags, listFlags, xmlFlags } from '../../libvirt/constants.ts';
import type { Domain } from '../../libvirt/domain.ts';
import type { StateReport } from '../../libvirt/domain-states.ts';
import { errorCodes } from '../../libvirt/error-codes.ts';
import { isLibvirtError } from '../../libvirt/errors.ts';
import { BlanketError } from '../../wire/errors.ts';
import type { GuestSpec } from '../../wire/guest-spec.ts';
import type { PostCopyState } from '../../wire/migration.ts';
import { thisHost } from '../host-access.ts';
import { requireNetwork } from '../network/kept.ts';
import { bridgeOf } from '../network/names.ts';
import type { Paths } from '../paths.ts';
import { readEngineCpu } from './cpu.ts';
import { domainXml, machineType } from './domain-xml.ts';
import type { Engine, GuestState, GuestView } from './engine.ts';
import { readClock, setClock } from './kvm-clock.ts';
import { openKvmMigration } from './kvm-migration.ts';
import { surveyDestination, surveySource } from './kvm-survey.ts';

/** Takes the console from whoever has it, so that a broken connection never locks a user out. */
const forceConsole = 1;

/** What is not known to have ended is taken for running: a second copy must never be started. */
const states: Record<StateReport['state'], GuestState> = {
  unknown: 'running',
  nostate: 'running',
  running: 'running',
  blocked: 'running',
  paused: 'paused',
  shutdown: 'running', // still executing, on its way down
  shutoff: 'stopped',
  crashed: 'stopped',
  pmsuspended: 'paused',
};

export const notFound = (guest: string): BlanketError =>
  new BlanketError('guest.not-found', `There is no guest ${guest} on this host.`, { kind: 'not-found' });

/** What `work` gives, or `otherwise` when libvirt answers with one of these codes. */
async function unless<T, E>(work: Promise<T>, otherwise: E, ...codes: number[]): Promise<T | E> {
  try {
    return await work;
  } catch (error) {
    if (isLibvirtError(error, ...codes)) return otherwise;
    throw error;
  }
}

type Link = () => Promise<Connection>;

const find = async (link: Link, guest: string): Promise<Domain | undefined> =>
  unless((await link()).domains.byName(guest), undefined, errorCodes.noDomain);

async function need(link: Link, guest: string): Promise<Domain> {
  const domain = await find(link, guest);
  if (domain === undefined) throw notFound(guest);
  return domain;
}

/** A domain may go between being found and being asked. */
async function stateOf(domain: Domain): Promise<GuestState> {
  const report = await unless(domain.state(), undefined, errorCodes.noDomain);
  return report === undefined ? 'absent' : states[report.state];
}

/** libvirt tells it as the reason of the domain's state, of both sides. */
async function postCopyOf(domain: Domain | undefined): Promise<PostCopyState> {
  const report = await unless(domain?.state() ?? Promise.resolve(undefined), undefined, errorCodes.noDomain);
  if (report?.reason === 'postcopy') return 'active';
  return report?.reason === 'postcopy-failed' ? 'failed' : 'none';
}

async function list(link: Link): Promise<GuestView[]> {
  const domains = await (await link()).domains.list();
  return Promise.all(
    domains.map(async (domain) => ({
      name: domain.name,
      uuid: domain.uuid,
      state: await stateOf(domain),
    })),
  );
}

/** Whether a version, as libvirt words it, is at least 9.1. */
export const namesWatchdog = (library: string): boolean => {
  const [major = 0, minor = 0] = library.split('.').map(Number);
  return major > 9 || (major === 9 && minor >= 1);
};

/** Each network's own, by its name. @throws BlanketError `network.missing` */
async function mtusOf(paths: Paths, { nics }: GuestSpec): Promise<Map<string, number>> {
  const mtus = new Map<string, number>();
  for (const { network } of nics) mtus.set(network, (await requireNetwork(paths, network)).mtu);
  return mtus;
}

async function define(link: Link, paths: Paths, spec: GuestSpec): Promise<void> {
  const connection = await link();
  const { library } = await connection.versions();
  const xml = domainXml(spec, {
    disk: paths.disk(spec.name),
    extraDisk: (name) => paths.extraDisk(spec.name, name),
    consoleLog: paths.consoleLog(spec.name),
    bridgeOf,
    mtus: await mtusOf(paths, spec),
    faultyCpuFeatures: faultyCpuFeatures(await readLeaf(thisHost)),
    namesWatchdog: namesWatchdog(library),
  });
  await connection.domains.define(xml);
}

async function persist(link: Link, guest: string): Promise<void> {
  const connection = await link();
  const passing = await connection.domains.list(listFlags.transient);
  const domain = passing.find(({ name }) => name === guest);
  if (domain !== undefined) await connection.domains.define(await domain.xml(xmlFlags.migratable));
}

async function isCopying(link: Link, guest: string): Promise<boolean> {
  const domain = await find(link, guest);
  if (domain === undefined || (await stateOf(domain)) === 'stopped') return false;
  const { type, operation } = await domain.jobStats();
  return (type === 'bounded' || type === 'unbounded') && operation === 'migration-out';
}

const noJob = errorCodes.operationInvalid;
const notRunning = errorCodes.operationInvalid;

/** @param link the shared connection. @param dial a new one, for a migration's own. */
export function kvmEngine(paths: Paths, link: Link, dial: Link): Engine {
  return {
    versions: async () => {
      const { library, hypervisor } = await (await link()).versions();
      return { libvirt: library, hypervisor };
    },
    cpu: async (engine) =>
      readEngineCpu(await link(), engine, machineType, faultyCpuFeatures(await readLeaf(thisHost))),
    list: () => list(link),
    state: async (guest) => {
      const domain = await find(link, guest);
      return domain === undefined ? 'absent' : stateOf(domain);
    },
    define: (spec) => define(link, paths, spec),
    start: async (guest) => (await need(link, guest)).start(),
    resume: async (guest) => (await need(link, guest)).resume(),
    shutdown: async (guest) => unless((await need(link, guest)).shutdown(), undefined, notRunning),
    destroy: async (guest) => {
      const domain = await find(link, guest);
      await unless(domain?.destroy() ?? Promise.resolve(), undefined, notRunning, errorCodes.noDomain);
    },
    undefine: async (guest) => {
      const domain = await find(link, guest);
      await unless(domain?.undefine() ?? Promise.resolve(), undefined, errorCodes.noDomain);
    },
    persist: (guest) => persist(link, guest),
    growDisk: async (guest, target, bytes) => (await need(link, guest)).disks.resize(target, bytes),
    openConsole: async (guest) => (await need(link, guest)).openConsole({ flags: forceConsole }),
    openMigration: async (guest, recovers) => openKvmMigration(await dial(), guest, recovers),
    postCopy: async (guest) => postCopyOf(await find(link, guest)),
    breakPostCopy: async (guest) => (await need(link, guest)).abortJob(abortJobFlags.postcopy),
    isCopying: (guest) => isCopying(link, guest),
    surveySource: async (guest) => surveySource(await link(), await need(link, guest)),
    surveyDestination: async (engine) => surveyDestination(await link(), engine),
    clock: async (guest, signal) => readClock(await need(link, guest), signal),
    setClock: async (guest, signal) => setClock(await need(link, guest), signal),
    abortCopy: async (guest) => unless((await need(link, guest)).abortJob(), undefined, noJob),
  };
}

/** Hosts. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { factsSchema } from '../../blanket-drivers/facts.ts';
import type { RouteParsed } from '../../wire/api.ts';
import { BlanketError } from '../../wire/errors.ts';
import { sshUser } from '../agents/agents.ts';
import { lowestFree } from '../network/addresses.ts';
import { settleHosts } from '../network/allocation.ts';
import { refuseEgress } from '../network/egress.ts';
import { guestsAt } from '../provision/guests-at.ts';
import { cloudOf, type Services } from '../services.ts';
import { knownHostsLine } from '../ssh/keys.ts';
import { makeKeyPair } from '../ssh/ssh-link.ts';
import { type HostRecord, mostHosts } from '../store/records.ts';
import type { Handlers } from './handlers.ts';
import { listed } from './listing.ts';
import { needReady } from './need-ready.ts';
import { hostView } from './views.ts';

type Names =
  | 'host.list'
  | 'host.show'
  | 'host.provision'
  | 'host.remove'
  | 'host.probe'
  | 'host.facts'
  | 'host.ssh'
  | 'host.console';

const CONSOLE_BYTES = 16_384;

export const hostHandlers = (services: Services): Handlers<Names> => {
  const { store, operations, agents } = services;
  return {
    'host.list'({ query }) {
      const hosts = store.hosts.list().map((host) => hostView(store, host));
      return listed(hosts, 'name', query);
    },
    'host.show': ({ params: { name } }) => hostView(store, store.hosts.get(name)),
    'host.provision'({ body }) {
      requireImage(services, body);
      return store.transaction(() => {
        store.hosts.insert(newHost(services, body));
        // at once: a network without room for it is told of before a VM is made
        for (const network of store.networks.list()) settleHosts(store, network.name);
        const { name: host, bootTimeoutMs, machine } = body;
        const state = { host, bootTimeoutMs, ...(machine !== undefined && { machine }) };
        return operations.start('host.provision', `host/${host}`, state);
      });
    },
    'host.remove'({ params: { name }, query: { force } }) {
      refuseUsed(services, name);
      if (!force) refuseUndecided(store, name);
      refuseEgress(store, name);
      return operations.start('host.remove', `host/${name}`, { host: name, force });
    },
    'host.probe'({ params: { name } }) {
      needReady(store.hosts.get(name));
      return operations.start('host.probe', `host/${name}`, { host: name });
    },
    async 'host.facts'({ params: { name } }) {
      const host = store.hosts.get(name);
      // A host that no engine works on is just the one to look at; one that is being made may have no agent yet.
      if (host.ssh === null || host.state === 'provisioning') needReady(host);
      const wish = host.driverOverride === null ? {} : { override: host.driverOverride };
      const facts = factsSchema.parse(await agents.call(name, 'facts.read', {}));
      return { facts, ...(await agents.call(name, 'driver.detect', wish)) };
    },
    async 'host.ssh'({ params: { name } }) {
      const { ssh } = store.hosts.get(name);
      if (ssh === null) {
        throw new BlanketError('host.no-address', `${name} has no address yet.`, { kind: 'conflict' });
      }
      const knownHostsFile = await writeKnownHosts(services);
      return { ...ssh, user: sshUser, identityFile: services.key.file, knownHostsFile };
    },
    async 'host.console'({ params: { name } }) {
      const text = await cloudOf(services, store.hosts.get(name).cloud).readConsole(name, CONSOLE_BYTES);
      return { text };
    },
  };
};

type ProvisionBody = RouteParsed<'host.provision'>['body'];

/** A VM that is made needs an image; a machine that is there already takes none, and only it can be named. */
function requireImage(services: Services, { cloud, image, machine }: ProvisionBody): void {
  const given = cloudOf(services, cloud).prepareVm !== undefined;
  if (given ? image !== undefined : machine !== undefined) {
    const what = given
      ? 'lends machines that are there already: it takes no image'
      : 'has no machines to name';
    throw new BlanketError('host.wrong-cloud', `${cloud} ${what}.`, { kind: 'usage', data: { cloud } });
  }
  if (given || (image !== undefined && existsSync(image))) return;
  throw new BlanketError(
    'image.unreadable',
    `There is no host image at ${image ?? 'a path: none was named'}.`,
    {
      kind: 'usage',
      next: 'Build one with `make images`.',
    },
  );
}

function newHost({ store }: Services, body: ProvisionBody): HostRecord {
  const index = freeIndex(store);
  const key = makeKeyPair(body.name);
  const { name, cloud, image = '', vcpus, memoryMiB, diskGiB, driver } = body;
  return {
    ...{ name, cloud, image, vcpus, memoryMiB, diskGiB, index, driverOverride: driver ?? null },
    ...{ state: 'provisioning', hostKeyPrivate: key.privateKey, hostKeyPublic: key.publicKey },
    ...{ ssh: null, address: null, subnets: null, driver: null, driverWhy: null },
    ...{ tunnelKey: null, tunnelKeyNext: null, pathMtu: null, behindNat: false },
    ...{ probe: null, probeTriedFor: null },
    ...{
      engine: null,
      engineWhy: null,
      engineScore: null,
      cpu: null,
      notices: [],
      warnings: [],
      maintenance: false,
      createdAt: new Date().toISOString(),
    },
  };
}

/** @throws BlanketError `host.too-many` */
function freeIndex({ hosts }: Services['store']): number {
  const indexes = hosts.list().map(({ index }) => index);
  const index = lowestFree(indexes, 1);
  if (index <= mostHosts) return index;
  throw new BlanketError('host.too-many', `There are ${mostHosts} hosts, which is as many as there can be.`, {
    kind: 'blocked',
    next: 'Remove one that is not needed: see `blanket host list`.',
    data: { hosts: indexes.length },
  });
}

function refuseUsed({ store, operations }: Services, name: string): void {
  const { guests } = hostView(store, store.hosts.get(name));
  const [using] = operations.using(name).filter(({ kind }) => kind !== 'host.remove');
  if (guests === 0 && using === undefined) return;
  const why = guests > 0 ? `${guests} guest(s) are on it` : `${using?.kind} (${using?.id}) is under way`;
  throw new BlanketError('host.in-use', `${name} cannot be removed: ${why}.`, {
    kind: 'conflict',
    next: 'Migrate or remove its guests first, and let its operations end.',
    data: { host: name, guests, ...(using && { operation: using.id }) },
  });
}

/** Nobody knows whether these guests came to run there, so the only running copy may be what would be destroyed. */
function refuseUndecided(store: Services['store'], host: string): void {
  const { perhaps } = guestsAt(store, host);
  if (perhaps.length === 0) return;
  const who = perhaps.join(', ');
  throw new BlanketError('host.in-use', `${who} may run on ${host}: a migration to it needs attention.`, {
    kind: 'conflict',
    next: `Look there with \`blanket host ssh ${host}\`; --force gives up what is on it.`,
    data: { host, guests: perhaps },
  });
}

/** All pinned keys in one file, for the user's own ssh. */
async function writeKnownHosts({ store, paths }: Services): Promise<string> {
  const file = join(paths.state, 'ssh', 'known_hosts');
  const lines = store.hosts
    .list()
    .flatMap(({ ssh, hostKeyPublic }) => (ssh === null ? [] : [knownHostsLine(ssh, hostKeyPublic)]));
  await writeFile(file, lines.join(''), { mode: 0o600 });
  return file;
}

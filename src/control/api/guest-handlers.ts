/** Guests. */
import { randomUUID } from 'node:crypto';
import type { RouteParsed } from '../../wire/api.ts';
import type { GuestCpu } from '../../wire/cpu.ts';
import { BlanketError } from '../../wire/errors.ts';
import { refuseRebooting } from '../conform/admit.ts';
import { refuseMaintenance } from '../drain/maintenance.ts';
import { checkGuestCpu, decideCpu } from '../fleet/guest-cpu.ts';
import { placed } from '../guest/disks.ts';
import { takeLease } from '../guest/lease.ts';
import { refuseUndecided } from '../migrate/undecided.ts';
import { freeMac } from '../network/addresses.ts';
import { address6Of, guestAddress, settleHosts } from '../network/allocation.ts';
import type { Services } from '../services.ts';
import type { GuestRecord } from '../store/records.ts';
import type { Handlers } from './handlers.ts';
import { listed } from './listing.ts';
import { needReady } from './need-ready.ts';
import { guestView, listedGuestView } from './views.ts';

type Names = 'guest.list' | 'guest.show' | 'guest.create' | 'guest.start' | 'guest.stop' | 'guest.remove';

export const guestHandlers = (services: Services): Handlers<Names> => {
  const { store, operations } = services;
  /** What every operation on a guest carries. */
  const on = (name: string) => ({ guest: name, host: store.guests.get(name).host });
  return {
    'guest.list': ({ query }) => listed(store.guests.list().map(listedGuestView), 'name', query),
    'guest.show': ({ params: { name } }) => guestView(store.guests.get(name)),
    async 'guest.create'({ body }) {
      const host = needReady(store.hosts.get(body.host));
      const cpu = await decideCpu(services, { choice: body.cpu, nested: body.nested }, host);
      return store.transaction(() => {
        refuseRebooting(store, host.name);
        refuseMaintenance(store, host.name);
        const guest = newGuest(services, body, cpu);
        const warnings = checkGuestCpu(store, guest, 'create', guest.host);
        store.guests.insert(guest);
        const state = { guest: body.name, host: body.host, start: body.start, warnings };
        return operations.start('guest.create', `guest/${body.name}`, state);
      });
    },
    'guest.start'({ params: { name } }) {
      const guest = store.guests.get(name);
      operations.needIdle(`guest/${name}`);
      refuseUndecided(store, name);
      refuseRebooting(store, guest.host);
      refuseMaintenance(store, guest.host);
      const warnings = checkGuestCpu(store, guest, 'start', guest.host);
      return operations.start('guest.start', `guest/${name}`, { ...on(name), warnings });
    },
    'guest.stop': ({ params: { name }, body }) =>
      operations.start('guest.stop', `guest/${name}`, { ...on(name), ...body }),
    'guest.remove'({ params: { name }, query: { force } }) {
      const { state } = store.guests.get(name);
      if (state !== 'stopped' && !force) {
        throw new BlanketError('guest.not-stopped', `${name} is ${state}.`, {
          kind: 'conflict',
          next: `Stop it with \`blanket guest stop ${name}\`, or remove it with --force.`,
          data: { guest: name, state },
        });
      }
      return operations.start('guest.remove', `guest/${name}`, { ...on(name), force });
    },
  };
};

function newGuest(
  { store }: Services,
  body: RouteParsed<'guest.create'>['body'],
  cpu: GuestCpu,
): GuestRecord {
  const { name, vcpus, memoryMiB, allow, metadata } = body;
  const image = store.images.get(body.image);
  const host = needReady(store.hosts.get(body.host));
  const diskBytes = Math.max(body.diskGiB * 2 ** 30, image.virtualBytes);
  const uuid = randomUUID();
  return {
    ...{ name, uuid, host: host.name, image: image.name, digest: image.digest, engine: host.engine },
    ...{
      vcpus,
      memoryMiB,
      diskBytes,
      disks: placed(body.disks),
      cpu,
      state: 'creating',
      lease: takeLease(store),
      createdAt: new Date().toISOString(),
    },
    ...{ nics: [nicOf(store, uuid, body)], allow, metadata, published: [] },
  };
}

type Place = Pick<RouteParsed<'guest.create'>['body'], 'network' | 'address'>;

/** On the named network, or on the only one there is. @throws BlanketError of `guestAddress` and `settleHosts` */
function nicOf(store: Services['store'], uuid: string, place: Place) {
  const all = store.networks.list();
  const only = all.length === 1 ? all[0] : undefined;
  const network = place.network === undefined ? only : store.networks.get(place.network);
  if (network === undefined) {
    const message = `There are ${all.length} networks: say which one the guest is on.`;
    throw new BlanketError('guest.which-network', message, {
      kind: 'usage',
      next: 'Give --network NAME, or make one with `blanket network create`.',
    });
  }
  const { name, subnet, subnet6 } = network;
  const guests = store.guests.list();
  const taken = new Set(guests.flatMap(({ nics }) => nics.map(({ mac }) => mac)));
  const address = guestAddress(settleHosts(store, name), guests, place.address);
  const address6 = address6Of(subnet, subnet6, address);
  return { network: name, mac: freeMac(uuid, taken), address, address6 };
}

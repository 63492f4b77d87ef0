/**
 * How guests are reached: their firewalls and their published ports. A change is kept first and told to the hosts then;
 * when a host refuses it, it is taken back everywhere, so that nothing is kept that is not in force. A host that cannot
 * be told now is told when it is back, and the answer says so.
 */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { RouteParsed } from '../../wire/api.ts';
import { BlanketError } from '../../wire/errors.ts';
import { type AllowRule, type PublishedPort, publishedPortSchema } from '../../wire/network.ts';
import type { ReachedGuest } from '../../wire/routes/network.ts';
import { journeysOf } from '../network/journeys.ts';
import { checkPublish, hostsOf, needCard, portText } from '../network/publish.ts';
import { isPortTaken, type SyncFailure } from '../network/sync.ts';
import { refusal, type Told, tellHosts, warningsOf } from '../network/tell-hosts.ts';
import type { Services } from '../services.ts';
import type { GuestRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import type { Handlers } from './handlers.ts';
import { guestView } from './views.ts';

type Names = 'guest.firewall' | 'guest.publish' | 'guest.unpublish';

export const reachHandlers = (services: Services): Handlers<Names> => ({
  'guest.firewall': ({ params: { name }, body: { allow } }) => setFirewall(services, name, allow),
  'guest.publish': ({ params: { name }, body }) => publish(services, name, body),
  'guest.unpublish': ({ params }) => unpublish(services, params),
});

async function setFirewall(
  services: Services,
  name: string,
  allow: AllowRule[] | null,
): Promise<ReachedGuest> {
  const { store } = services;
  const guest = made(store, name);
  needCard(guest);
  store.guests.update(name, { allow });
  const takeBack = () => {
    const now = store.guests.find(name);
    if (now !== undefined && isDeepStrictEqual(now.allow, allow)) {
      store.guests.update(name, { allow: guest.allow });
    }
  };
  // where a published port is taken all else is set, and with it the firewall
  const isRefusal = (failure: SyncFailure) => !isPortTaken(failure);
  const { told, left } = await tell(services, guest, placesOf(store, guest), takeBack, isRefusal);
  const refused = told.refused.filter(isRefusal);
  if (refused.length > 0) {
    const { hosts, still, data, cause } = refusal({ ...told, refused }, left);
    const message = `${hosts.join(', ')} could not set the firewall of ${name}, so it is as it was before.${still}`;
    throw new BlanketError('guest.firewall-failed', message, {
      next: `\`blanket host show ${guest.host}\` tells how that host is.`,
      data: { guest: name, ...data },
      cause,
    });
  }
  return shown(store, name, told, `the firewall of ${name} stays there as it was before`);
}

async function publish(
  services: Services,
  name: string,
  wish: RouteParsed<'guest.publish'>['body'],
): Promise<ReachedGuest> {
  const { store } = services;
  const guest = made(store, name);
  const port = checkPublish(store, guest, wish);
  store.guests.update(name, { published: [...guest.published, port] });
  const hosts = hostsOf(store, port.hosts).map((host) => host.name);
  // a host on which another port is taken has set this one all the same
  const isRefusal = (failure: SyncFailure) => !isPortTaken(failure) || tellsTaken(failure.error, port);
  const { told, left } = await tell(services, guest, hosts, () => dropPort(store, name, port), isRefusal);
  const refused = told.refused.filter(isRefusal);
  if (refused.length > 0) throw publishRefused(guest, port, { ...told, refused }, left);
  return shown(store, name, told, `${portText(port)} does not lead to ${name} from there yet`);
}

async function unpublish(
  services: Services,
  { name, protocol, port }: RouteParsed<'guest.unpublish'>['params'],
): Promise<ReachedGuest> {
  const { store } = services;
  const guest = store.guests.get(name);
  const known = guest.published.find((one) => isSame(one, { protocol, port }));
  if (known === undefined) {
    const message = `${portText({ protocol, port })} is not published for ${name}.`;
    const others = guest.published.map(portText).join(', ');
    throw new BlanketError('guest.not-published', message, {
      kind: 'not-found',
      next: others === '' ? `${name} has no published port.` : `What is published: ${others}.`,
      data: { guest: name, protocol, port },
    });
  }
  dropPort(store, name, known);
  const told = await tellHosts(services, guest, hostsOf(store, known.hosts));
  return shown(store, name, told, `${portText(known)} may still lead to ${name} there`);
}

/** The hosts that guard it: the one that it is on, and the one that it is on its way to. */
function placesOf(store: Store, { name, host }: GuestRecord): string[] {
  const { destination = host } = journeysOf(store).get(name) ?? {};
  return [...new Set([host, destination])].filter((place) => store.hosts.find(place) !== undefined);
}

type Outcome = { told: Told; left: string[] };

/** When a host refuses, or the telling itself fails, takes the change back and tells that. */
async function tell(
  services: Services,
  guest: GuestRecord,
  names: readonly string[],
  takeBack: () => void,
  isRefusal: (failure: SyncFailure) => boolean = () => true,
): Promise<Outcome> {
  const hosts = names.map((name) => services.store.hosts.get(name));
  const told = await tellHosts(services, guest, hosts).catch((error: unknown) => {
    takeBack();
    throw error;
  });
  if (!told.refused.some(isRefusal)) return { told, left: [] };
  takeBack();
  const after = await tellHosts(services, guest, hosts);
  // Those that were away all along have never heard of it; those that refused it do not have it.
  const failed = (of: Told) => [...of.away, ...of.refused.filter(isRefusal).map(({ host }) => host)];
  const never = failed(told);
  return { told, left: failed(after).filter((host) => !never.includes(host)) };
}

function publishRefused(guest: GuestRecord, port: PublishedPort, told: Told, left: readonly string[]) {
  const taken = told.refused.filter(({ error }) => tellsTaken(error, port));
  const isTaken = taken.length > 0;
  const { hosts, still, data, cause } = refusal(isTaken ? { ...told, refused: taken } : told, left);
  const where = hosts.join(', ');
  const why = isTaken ? `is in use on ${where}` : `could not be put on ${where}`;
  const message = `${portText(port)} ${why}, so it was published for ${guest.name} nowhere.${still}`;
  return new BlanketError(isTaken ? 'network.port-taken' : 'guest.publish-failed', message, {
    kind: isTaken ? 'conflict' : 'failed',
    next: isTaken
      ? 'Choose another port, end what listens there, or name other hosts with --on.'
      : 'Name other hosts with --on; `blanket host show` tells how a host is.',
    data: { guest: guest.name, protocol: port.protocol, port: port.port, ...data },
    cause,
  });
}

/** What an agent says of ports that it could not take. */
const takenSchema = z.object({
  taken: z.array(publishedPortSchema.pick({ protocol: true, port: true })),
});

/** Of this port, and not of one that was published while the host was away. */
function tellsTaken(error: unknown, { protocol, port }: PublishedPort): boolean {
  const said = takenSchema.safeParse(error instanceof BlanketError ? error.data : undefined).data;
  return said?.taken.some((one) => one.port === port && one.protocol === protocol) === true;
}

/** @throws BlanketError `guest.not-found`, `guest.creating`: what fails to be made would leave its ports on the hosts. */
function made(store: Store, name: string): GuestRecord {
  const guest = store.guests.get(name);
  if (guest.state !== 'creating') return guest;
  throw new BlanketError('guest.creating', `${name} is being created.`, {
    kind: 'conflict',
    next: 'Say it again when it is there: `blanket guest list` shows it.',
    data: { guest: name },
  });
}

const isSame = (a: Pick<PublishedPort, 'protocol' | 'port'>, b: Pick<PublishedPort, 'protocol' | 'port'>) =>
  a.protocol === b.protocol && a.port === b.port;

/** Of the guest as it is now: other ports may have come and gone meanwhile. */
function dropPort({ guests }: Store, name: string, port: PublishedPort): void {
  const guest = guests.find(name);
  if (guest === undefined) return;
  guests.update(name, { published: guest.published.filter((one) => !isSame(one, port)) });
}

const shown = (store: Store, name: string, told: Told, then: string): ReachedGuest => ({
  ...guestView(store.guests.get(name)),
  warnings: warningsOf(told, then),
});

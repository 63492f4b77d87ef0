/**
 * The codes with which each route says no, by the kind that decides the HTTP status. Every route may also answer with
 * `requestCodes`, and with what a host reports of itself; a `guest.not-found` is of whatever the request names.
 */
import type { RouteName } from '../api.ts';
import type { ErrorKind } from '../errors.ts';

export type Codes = { readonly [K in ErrorKind]?: readonly string[] };

/** What is wrong with a request whatever it asks for, and the status of its own that HTTP has for it. */
export const requestCodes = {
  'api.bad-request': 400,
  'api.no-route': 404,
  'api.bad-method': 405,
  'api.body-too-large': 413,
  'api.bad-content-type': 415,
  'access.no-token': 401,
  'access.bad-token': 401,
  'access.token-expired': 401,
  'access.token-revoked': 401,
  'access.not-allowed': 403,
  'access.wrong-host': 403,
  'access.foreign-origin': 403,
  'access.too-many': 429,
} as const;

const unreached = ['ssh.unreachable', 'ssh.lost', 'ssh.host-key', 'agent.lost', 'agent.version'];
/** Of routes that ask a host before they answer. */
const asks: Codes = { failed: [...unreached, 'agent.bad-answer'], 'timed-out': ['agent.timed-out'] };

const nothing: Codes = {};
/** The last row of the page before is gone. */
const paged: Codes = { conflict: ['api.no-such-row'] };
const noCloud: Codes = { 'not-found': ['cloud.not-found'] };
const noHost: Codes = { 'not-found': ['host.not-found'] };
const noGuest: Codes = { 'not-found': ['guest.not-found'] };
const noImage: Codes = { 'not-found': ['image.not-found'] };
const noNetwork: Codes = { 'not-found': ['network.not-found'] };
const noOperation: Codes = { 'not-found': ['operation.not-found'] };
const busy: Codes = { conflict: ['operation.busy'] };
const notReady: Codes = { blocked: ['host.not-ready'] };
/** A host that takes no guest now, and one whose CPU lacks what the guest was promised. */
const noPlace: Codes = {
  conflict: ['host.in-use'],
  blocked: ['host.in-maintenance', 'host.cpu-unknown', 'guest.cpu-too-wide', 'migrate.cpu-missing'],
};
const badWish: Codes = {
  usage: [
    'objective.cold-connections',
    'objective.cold-downtime',
    'objective.cold-pause',
    'objective.cold-compress',
    'objective.no-total',
    'objective.postcopy-compress',
    'objective.postcopy-connections',
    'objective.postcopy-verify',
    'objective.suspend-downtime',
    'objective.suspend-pause',
    'objective.suspend-postcopy',
    'objective.total-too-short',
  ],
};
const badEgress: Codes = {
  usage: ['network.isolated'],
  'not-found': ['host.not-found'],
  blocked: ['host.not-ready'],
};

/** All of them together, without repeats. */
export function joined(...parts: readonly Codes[]): Codes {
  const kinds = [...new Set(parts.flatMap((part) => Object.keys(part) as ErrorKind[]))];
  return Object.fromEntries(
    kinds.map((kind) => [kind, [...new Set(parts.flatMap((part) => part[kind] ?? []))]]),
  );
}

export const routeCodes: Readonly<Record<RouteName, Codes>> = {
  status: nothing,
  'cloud.list': nothing,
  'cloud.show': noCloud,
  'cloud.add': {
    usage: ['cloud.unknown-type', 'cloud.bad-config', 'cloud.unknown-profile', 'cloud.no-identity'],
    conflict: ['cloud.exists'],
    blocked: ['cloud.qemu-missing', 'cloud.no-kvm'],
    failed: ['cloud.bad-profile'],
  },
  'cloud.remove': joined(noCloud, { conflict: ['cloud.in-use'] }),
  'link.list': nothing,
  'link.set': joined(noCloud, {
    usage: ['wan.same-cloud'],
    'timed-out': ['wan.silent'],
    failed: ['wan.not-serving', 'wan.start-failed', 'wan.version'],
  }),
  'host.list': paged,
  'host.show': noHost,
  'host.provision': joined(noCloud, busy, {
    usage: ['host.wrong-cloud', 'image.unreadable'],
    conflict: ['host.exists'],
    blocked: ['host.too-many', 'network.full'],
  }),
  'host.remove': joined(noHost, busy, { conflict: ['host.in-use', 'host.is-egress'] }),
  'host.probe': joined(noHost, notReady, busy),
  'host.facts': joined(noHost, notReady, asks),
  'host.ssh': joined(noHost, { conflict: ['host.no-address'] }),
  'host.console': noHost,
  'fleet.baseline': nothing,
  'fleet.policy': nothing,
  'fleet.policy.set': nothing,
  'host.conform': joined(noHost, notReady, busy, { blocked: ['conform.host-in-use'] }),
  'host.conformance': { 'not-found': ['host.not-found', 'conformance.not-found'] },
  'host.drain': joined(noHost, notReady, busy, { usage: ['drain.same-host'] }),
  'host.undrain': joined(noHost, busy),
  'image.list': nothing,
  'image.show': noImage,
  'image.import': {
    usage: ['image.unreadable', 'image.not-an-image', 'image.format', 'image.backing-file'],
    conflict: ['image.exists'],
    failed: ['image.no-space'],
  },
  'image.remove': joined(noImage, { conflict: ['image.in-use'] }),
  'network.list': nothing,
  'network.show': noNetwork,
  'network.create': joined(badEgress, {
    usage: ['network.bad-subnet', 'network.public-subnet', 'network.mtu'],
    conflict: ['network.exists', 'network.overlap'],
    blocked: ['network.full'],
  }),
  'network.remove': joined(noNetwork, { conflict: ['network.in-use'] }),
  'network.egress': joined(noNetwork, badEgress),
  'network.connect': joined(noNetwork, { usage: ['network.same'] }),
  'network.disconnect': joined(noNetwork, { usage: ['network.same'] }),
  'tunnel.list': nothing,
  'host.rotate-key': joined(noHost, notReady, asks, { blocked: ['tunnel.peers-away'] }),
  'guest.firewall': joined(noGuest, {
    conflict: ['guest.creating'],
    blocked: ['guest.no-network'],
    failed: ['guest.firewall-failed'],
  }),
  'guest.publish': joined(noGuest, noHost, notReady, {
    usage: ['guest.publish-nowhere'],
    conflict: ['guest.creating', 'guest.port-published', 'network.port-taken'],
    blocked: ['guest.no-network', 'guest.port-reserved'],
    failed: ['guest.publish-failed'],
  }),
  'guest.unpublish': { 'not-found': ['guest.not-found', 'guest.not-published'] },
  'guest.list': paged,
  'guest.show': noGuest,
  'guest.create': joined(noHost, noImage, noNetwork, notReady, noPlace, busy, asks, {
    usage: ['guest.which-network', 'network.bad-address'],
    conflict: ['guest.exists', 'network.address-taken'],
    blocked: ['network.full', 'guest.no-nested'],
  }),
  'guest.start': joined(noGuest, noPlace, busy, { conflict: ['guest.undecided'] }),
  'guest.stop': joined(noGuest, busy),
  'guest.remove': joined(noGuest, busy, { conflict: ['guest.not-stopped'] }),
  'disk.list': joined(noGuest, asks),
  'disk.add': joined(noGuest, busy, {
    usage: ['disk.too-many', 'disk.is-root'],
    conflict: ['guest.not-stopped', 'disk.exists'],
  }),
  'disk.remove': joined(noGuest, busy, {
    usage: ['disk.is-root'],
    'not-found': ['disk.not-found'],
    conflict: ['guest.not-stopped'],
  }),
  'disk.grow': joined(noGuest, busy, {
    usage: ['disk.cannot-shrink'],
    'not-found': ['disk.not-found'],
  }),
  'guest.migrate': joined(noGuest, noHost, noPlace, busy, badWish, asks, {
    blocked: [
      'migrate.same-host',
      'migrate.not-running',
      'migrate.destination-down',
      'migrate.other-engine',
      'migrate.blocked',
    ],
  }),
  'guest.plan': joined(noGuest, noHost, badWish),
  'guest.objective': joined(noGuest, badWish),
  'migration.history': nothing,
  'op.proof': { 'not-found': ['operation.not-found', 'proof.none'] },
  'proof.key': nothing,
  metrics: nothing,
  'token.list': nothing,
  'token.create': { conflict: ['token.exists'] },
  'token.revoke': { 'not-found': ['token.not-found'] },
  'audit.list': nothing,
  'audit.verify': nothing,
  'op.list': paged,
  'op.show': noOperation,
  'op.cancel': joined(noOperation, { conflict: ['operation.ended', 'operation.past-return'] }),
  'op.resume': joined(noOperation, busy, { conflict: ['operation.not-stopped', 'operation.superseded'] }),
  'op.cleanup': joined(noOperation, asks, { conflict: ['operation.running'] }),
};

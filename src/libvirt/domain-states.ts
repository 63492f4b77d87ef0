/** What libvirt's numbers for states and reasons mean (virDomainState and the …Reason enums in libvirt-domain.h). */

export const domainStates = [
  'nostate',
  'running',
  'blocked',
  'paused',
  'shutdown',
  'shutoff',
  'crashed',
  'pmsuspended',
] as const;
/** `unknown`: what only a newer daemon has. `nostate`: what the driver cannot tell. */
export type DomainState = (typeof domainStates)[number] | 'unknown';

const reasons: Record<DomainState, readonly string[]> = {
  unknown: [],
  nostate: ['unknown'],
  running: [
    'unknown',
    'booted',
    'migrated',
    'restored',
    'from-snapshot',
    'unpaused',
    'migration-canceled',
    'save-canceled',
    'wakeup',
    'crashed',
    'postcopy',
    'postcopy-failed',
  ],
  blocked: ['unknown'],
  paused: [
    'unknown',
    'user',
    'migration',
    'save',
    'dump',
    'io-error',
    'watchdog',
    'from-snapshot',
    'shutting-down',
    'snapshot',
    'crashed',
    'starting-up',
    'postcopy',
    'postcopy-failed',
    'api-error',
  ],
  shutdown: ['unknown', 'user'],
  shutoff: [
    'unknown',
    'shutdown',
    'destroyed',
    'crashed',
    'migrated',
    'saved',
    'failed',
    'from-snapshot',
    'daemon',
  ],
  crashed: ['unknown', 'panicked'],
  pmsuspended: ['unknown'],
};

export type StateReport = {
  state: DomainState;
  /** Why it is in that state, e.g. `paused`: `user`, `migration`, `io-error`. */
  reason: string;
  code: number;
  reasonCode: number;
};

/** A newer daemon's numbers become `unknown`; the codes tell them. */
export function describeState(code: number, reasonCode: number): StateReport {
  const state = domainStates[code] ?? 'unknown';
  return { state, reason: reasons[state][reasonCode] ?? 'unknown', code, reasonCode };
}

/** virDomainEventType, and for each its …DetailType. */
const lifecycle: readonly [string, readonly string[]][] = [
  ['defined', ['added', 'updated', 'renamed', 'from-snapshot']],
  ['undefined', ['removed', 'renamed']],
  ['started', ['booted', 'migrated', 'restored', 'from-snapshot', 'wakeup']],
  [
    'suspended',
    [
      'paused',
      'migrated',
      'io-error',
      'watchdog',
      'restored',
      'from-snapshot',
      'api-error',
      'postcopy',
      'postcopy-failed',
    ],
  ],
  ['resumed', ['unpaused', 'migrated', 'from-snapshot', 'postcopy', 'postcopy-failed']],
  ['stopped', ['shutdown', 'destroyed', 'crashed', 'migrated', 'saved', 'failed', 'from-snapshot']],
  ['shutdown', ['finished', 'guest', 'host']],
  ['pmsuspended', ['memory', 'disk']],
  ['crashed', ['panicked', 'crashloaded']],
];

export type LifecycleReport = { event: string; detail: string; code: number; detailCode: number };

export function describeLifecycle(code: number, detailCode: number): LifecycleReport {
  const [event, details] = lifecycle[code] ?? ['unknown', []];
  return { event, detail: details[detailCode] ?? 'unknown', code, detailCode };
}

/**
 * The state of the model: control with its journal, two hosts (an agent with its records, a libvirtd, QEMU, a disk), and
 * the requests on their way. It is small on purpose: what a guest's memory and disk hold is told by whether they are
 * the newest there is.
 *
 *   disk   none | partial (being made) | good (every write that the guest was told is done) | stale (the guest wrote elsewhere since)
 *   ram    this host's QEMU has the guest's newest memory
 *   post   in post-copy: what it is to send (out), or what it lacks (in)
 */
export type Op = 1 | 2;
export type At = 0 | 1;

export type Method =
  | 'begin'
  | 'prepare'
  | 'perform'
  | 'finish'
  | 'arrive'
  | 'status'
  | 'confirm'
  | 'keep'
  | 'discard'
  | 'cancel';

export type Request = { to: At; method: Method; op: Op };

/** Where control is. Those of one phase are in one line; `u` is undoing, last phase first. */
export type Place =
  | ('begin' | 'prepare')
  | 'perform'
  | ('finish' | 'ask')
  | ('arrive' | 'revive')
  | 'confirm'
  | ('keep-there' | 'discard-here')
  | ('u-cancel' | 'u-wait')
  | ('u-discard' | 'u-keep')
  | 'cleanup'
  | ('done' | 'undone' | 'attention');

export type Control = {
  up: boolean;
  op: Op;
  source: At;
  place: Place;
  /** Where a person's `op resume` goes on from. */
  resumeAt: Place;
  waiting: boolean;
  /** A person was told that it is cancelled; `wish` is never forgotten, and stands only for what that person expects. */
  cancel: boolean;
  wish: boolean;
  /** The destination was away while this was undone: something may be left there. */
  left: boolean;
  /** The source has said that it has switched. */
  switched: boolean;
};

export type HostRecord = {
  side: 'source' | 'destination';
  step: 'none' | 'begun' | 'prepared' | 'switched' | 'performed' | 'finished' | 'confirmed';
  closed: boolean;
  cancelled: boolean;
  /** Perform has answered that the guest has gone in post-copy. */
  gone: boolean;
  /** What finish answered. */
  finish: 'unanswered' | 'running' | 'not-running';
};

export type Host = {
  up: boolean;
  agent: boolean;
  libvirt: boolean;
  guest: 'absent' | 'stopped' | 'running' | 'paused' | 'incoming';
  defined: boolean;
  disk: 'none' | 'partial' | 'good' | 'stale';
  ram: boolean;
  post: 'no' | 'out' | 'in';
  /** The migration whose libvirt connection this agent holds; 0 is none. */
  held: Op | 0;
  job: 'none' | 'begun' | 'copying' | 'sent';
  /** The call that is being done, and how far; perform goes on beside it. */
  doing: { method: Method; op: Op; at: number } | null;
  performing: Op | 0;
  /** A record that says `performed` is on its way to the disk. */
  writing: Op | 0;
  cancelled: Op | 0;
  records: [HostRecord | null, HostRecord | null];
  /** The highest lease seen for the guest. */
  lease: number;
};

export type World = {
  control: Control;
  hosts: [Host, Host];
  sent: Request[];
  /** How many may still happen. */
  faults: number;
  /** A person may cancel, and migrate once more when the first migration has ended. */
  person: boolean;
  /** Post-copy was asked for. */
  postcopy: boolean;
  /** What the last step broke, in words; empty when nothing. */
  broken: string;
};

const emptyHost: Host = {
  ...{ up: true, agent: true, libvirt: true, guest: 'absent', defined: false, disk: 'none', ram: false },
  post: 'no',
  ...{ held: 0, job: 'none', doing: null, performing: 0, writing: 0, cancelled: 0 },
  ...{ records: [null, null], lease: 0 },
};

/** The guest runs on host 0, and control has been asked to migrate it to host 1. */
export function firstWorld(faults: number, person: boolean, postcopy: boolean): World {
  const control: Control = {
    ...{ up: true, op: 1, source: 0, place: 'begin', resumeAt: 'begin', waiting: false },
    ...{ cancel: false, wish: false, left: false, switched: false },
  };
  const home: Host = {
    ...emptyHost,
    guest: 'running',
    defined: true,
    disk: 'good',
    ram: true,
    records: [null, null],
  };
  return {
    control,
    hosts: [home, { ...emptyHost, records: [null, null] }],
    sent: [],
    faults,
    person,
    postcopy,
    broken: '',
  };
}

const copyHost = (host: Host): Host => ({
  ...host,
  doing: host.doing === null ? null : { ...host.doing },
  records: [
    host.records[0] === null ? null : { ...host.records[0] },
    host.records[1] === null ? null : { ...host.records[1] },
  ],
});

export const copyOf = (world: World): World => ({
  control: { ...world.control },
  hosts: [copyHost(world.hosts[0]), copyHost(world.hosts[1])],
  sent: [...world.sent],
  faults: world.faults,
  person: world.person,
  postcopy: world.postcopy,
  broken: world.broken,
});

const flag = (...values: boolean[]): string => values.map((value) => (value ? '1' : '0')).join('');
const keyOfRecord = (r: HostRecord | null): string =>
  r === null ? '-' : `${r.side[0]}${r.step}${flag(r.closed, r.cancelled, r.gone)}${r.finish}`;
const keyOfHost = (h: Host): string =>
  `${flag(h.up, h.agent, h.libvirt, h.defined, h.ram)}${h.guest},${h.disk},${h.post},${h.held}${h.job}${h.performing}${h.writing}` +
  `${h.cancelled !== 0 && h.records[h.cancelled - 1]?.closed === false ? h.cancelled : 0}${h.lease}${keyOfRecord(h.records[0])}${keyOfRecord(h.records[1])}` +
  (h.doing === null ? '' : `${h.doing.method}${h.doing.op}${h.doing.at}`);
export const keyOfRequest = ({ to, method, op }: Request): string => `${to}${method}${op}`;

/** Two worlds with the same key are the same. */
export function keyOf({ control: c, hosts, sent, faults }: World): string {
  const requests = sent.map(keyOfRequest).sort().join(' ');
  const control = `${flag(c.up, c.waiting, c.cancel, c.wish, c.left, c.switched)}${c.op}${c.source}${c.place}/${c.resumeAt}`;
  return `${faults}|${control}|${keyOfHost(hosts[0])}|${keyOfHost(hosts[1])}|${requests}`;
}

export const other = (at: At): At => (at === 0 ? 1 : 0);

/** What the two hosts of an operation are, while control works on it. */
export const sourceOf = ({ control, hosts }: World): Host => hosts[control.source];
export const destinationOf = ({ control, hosts }: World): Host => hosts[other(control.source)];

/** The first thing that goes wrong is the one that is told. */
export function breaks(world: World, what: string): void {
  world.broken ||= what;
}

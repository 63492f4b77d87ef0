/** The faults: who is struck, and by what. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLocalCloud } from '../../src/control/clouds/local.ts';
import { localConfigSchema } from '../../src/control/clouds/local-config.ts';
import { patiently, type Stand, type StandHost } from './stand.ts';
import { breakWay, type Way, type WayFault, wayFaults, wayToControl, wayToHost } from './ways.ts';

export type Side = 'source' | 'destination';
/** Who is who in one migration. */
export type Sides = Readonly<Record<Side, StandHost>>;

export type Strike = {
  name: string;
  /** The guest may not outlive it while it runs on this side: the machine under it has gone. */
  fatalTo?: Side;
  /** Made before the migration, so that the strike itself takes no time. @returns what strikes */
  aim(stand: Stand, sides: Sides): Promise<() => Promise<void>>;
  /** What a person or a cloud does afterwards. */
  mend?(stand: Stand, sides: Sides): Promise<void>;
};

/** How long a way stays broken, s: longer than any keepalive. */
const brokenSeconds = 25;
/** How long a machine stays without power, ms. */
const darkMs = 5_000;

const killControl: Strike = {
  name: 'control killed',
  async aim(stand) {
    const pid = await stand.controlPid();
    return async () => void process.kill(pid, 'SIGKILL');
  },
};

/** @param script run as root on the host of that side */
const inside = (name: string, side: Side, script: (stand: Stand) => string): Strike => ({
  name,
  async aim(stand, sides) {
    const hand = await stand.hand(sides[side].name);
    return async () => void (await hand.run(script(stand)));
  },
});

const killUnit = (what: string, unit: string, side: Side): Strike =>
  inside(`${what} of the ${side} killed`, side, () => `systemctl kill --signal=KILL ${unit}`);

/** QEMU may be about to start; libvirt writes its process into this file as soon as there is one. */
const killQemu: Strike = {
  ...inside(
    "the destination's QEMU killed",
    'destination',
    ({ guest }) =>
      `i=0; until kill -KILL $(cat /run/libvirt/qemu/${guest}.pid) 2>/dev/null; do i=$((i+1)); [ $i -lt 300 ]; sleep 0.1; done`,
  ),
  fatalTo: 'destination',
};

const cutPower = (side: Side): Strike => ({
  name: `power of the ${side} cut`,
  fatalTo: side,
  async aim({ state }, sides) {
    const { name, cloud } = sides[side];
    const pid = Number(await readFile(join(state, 'clouds', cloud, name, 'qemu.pid'), 'utf8'));
    return async () => void process.kill(pid, 'SIGKILL');
  },
  async mend(stand, sides) {
    await sleep(darkMs);
    await startMachine(stand, sides[side]);
    await stand.hand(sides[side].name);
  },
});

/** What a cloud's own console does; the machine keeps its disk and its addresses. */
async function startMachine(stand: Stand, { name, cloud }: StandHost): Promise<void> {
  const { config } = await stand.client.call('cloud.show', { params: { name: cloud } });
  const local = openLocalCloud(cloud, localConfigSchema.parse(config), { state: stand.state });
  await patiently(() => local.startVm(name, AbortSignal.timeout(60_000)), 60_000);
}

const breakOf = (name: string, fault: WayFault, side: Side, way: (address: string) => Way): Strike => ({
  name: `${name} ${fault}`,
  async aim(stand, sides) {
    const peer = sides[side === 'source' ? 'destination' : 'source'].name;
    const { address } = await stand.client.call('host.show', { params: { name: peer } });
    const hand = await stand.hand(sides[side].name);
    return async () => void (await hand.run(breakWay(fault, way(address ?? ''), brokenSeconds), 120_000));
  },
  mend: () => sleep(brokenSeconds * 1_000),
});

const ways: readonly (readonly [name: string, side: Side, way: (address: string) => Way])[] = [
  ['way between the hosts', 'destination', wayToHost],
  ['way from control to the source', 'source', () => wayToControl],
  ['way from control to the destination', 'destination', () => wayToControl],
];

export const strikes: readonly Strike[] = [
  killControl,
  killUnit('agent', 'blanket-agent', 'source'),
  killUnit('agent', 'blanket-agent', 'destination'),
  killUnit('libvirtd', 'libvirtd', 'source'),
  killUnit('libvirtd', 'libvirtd', 'destination'),
  killQemu,
  cutPower('source'),
  cutPower('destination'),
  ...ways.flatMap(([name, side, way]) => wayFaults.map((fault) => breakOf(name, fault, side, way))),
];

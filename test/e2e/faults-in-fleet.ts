/**
 * The short form of `make faults`: a dozen faults in seven migrations of the fleet's guest, each judged from outside:
 * exactly one copy runs, unbroken and where Blanket says, and nothing of it is left anywhere else.
 */
import anyTest, { type TestFn } from 'ava';
import { type Blow, calm, type Moment, play } from '../../infra/faults/play.ts';
import { openStand, type Stand } from '../../infra/faults/stand.ts';
import { strikes } from '../../infra/faults/strikes.ts';
import { type Fleet, ground, guest } from './fleet.ts';

const test = anyTest as TestFn<Fleet>;

const blow = (name: string, moment: Moment): Blow => {
  const strike = strikes.find((one) => one.name === name);
  if (strike === undefined) throw new Error(`There is no fault "${name}".`);
  return { strike, moment };
};

/** Those that a migration goes on after share one. `ended`: as what it must end, where the moment alone decides that. */
const plays: readonly { blows: Blow[]; ended?: 'done' | 'rolled-back' }[] = [
  {
    blows: (['prepare', 'copy', 'cutover', 'confirm'] as const).map((moment) =>
      blow('control killed', moment),
    ),
    ended: 'done',
  },
  { blows: [blow('agent of the source killed', 'copy')], ended: 'rolled-back' },
  { blows: [blow('agent of the destination killed', 'copy')], ended: 'rolled-back' },
  { blows: [blow('libvirtd of the source killed', 'copy')], ended: 'rolled-back' },
  { blows: [blow("the destination's QEMU killed", 'copy')], ended: 'rolled-back' },
  // It may be back before it is asked for anything.
  { blows: [blow('libvirtd of the destination killed', 'prepare')] },
  {
    blows: [
      blow('way between the hosts cut', 'copy'),
      blow('way from control to the destination half-open', 'cutover'),
      blow('agent of the destination killed', 'confirm'),
    ],
    ended: 'done',
  },
];

const textOf = (blows: readonly Blow[]): string =>
  blows.map(({ strike, moment }) => `${strike.name} in ${moment}`).join(', ');

export function playFaults(current: () => Fleet): void {
  let opened: Stand | undefined;
  const stand = (): Stand => {
    const [first, second] = ground.hosts;
    opened ??= openStand(current().seat, guest, [first, second]);
    return opened;
  };
  for (const { blows, ended } of plays) {
    test.serial(`${textOf(blows)}: one copy, whole, and nothing else`, async (t) => {
      await calm(stand());
      const ending = await play(stand(), blows);
      t.log(`${ending.ended} after ${ending.settledMs.toFixed(0)} ms: ${ending.problem ?? 'it went on'}`);
      t.deepEqual(ending.faults, []);
      if (ended !== undefined) t.is(ending.ended, ended);
    });
  }
  test.serial('the hands that struck are taken back', async (t) => {
    await calm(stand());
    await t.notThrowsAsync(stand().close());
  });
}

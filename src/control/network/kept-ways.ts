/** Ways that are not direct, kept over a restart of control: a relay must not be given up before anybody was asked. */
import { z } from 'zod';
import { nameSchema } from '../../wire/names.ts';
import type { Store } from '../store/store.ts';
import { pairOf, type Way, type Ways } from './relays.ts';

const name = 'tunnel-ways';

const keptSchema = z.array(
  z.discriminatedUnion('state', [
    z.object({ hosts: z.tuple([nameSchema, nameSchema]), state: z.literal('relayed'), via: nameSchema }),
    z.object({ hosts: z.tuple([nameSchema, nameSchema]), state: z.literal('broken'), via: z.null() }),
  ]),
);

/** `now`: ms since 1970, from when on they are looked at. */
export function readWays({ settings }: Pick<Store, 'settings'>, now: number): Ways {
  const kept = keptSchema.parse(settings.find(name)?.value ?? []);
  const unheard = { sinceMs: now, good: false, heardMs: now, received: [null, null] as const };
  return new Map(kept.map((way): [string, Way] => [pairOf(...way.hosts), { ...way, ...unheard }]));
}

export function keepWays({ settings }: Pick<Store, 'settings'>, ways: Ways): void {
  const value = [...ways.values()].flatMap(({ hosts, state, via }) =>
    state === 'relayed' || state === 'broken' ? [{ hosts, state, via }] : [],
  );
  if (settings.find(name) === undefined) settings.insert({ name, value });
  else settings.update(name, { value });
}

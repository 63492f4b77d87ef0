import { BlanketError } from '../../wire/errors.ts';
import { ownTunnelAddress } from '../conform/sink.ts';
import type { Context } from '../context.ts';
import { needGuest } from '../guests.ts';
import type { HandlersOf } from '../handlers.ts';
import { measureWay, openPathSink } from '../plan/path.ts';

export const planHandlers = (context: Context): HandlersOf<'plan'> => ({
  'plan.source': async ({ guest }) => {
    const { engine } = await needGuest(context, guest);
    if ((await engine.state(guest)) === 'running') return engine.surveySource(guest);
    throw new BlanketError('guest.not-running', `${guest} does not run here.`, { kind: 'conflict' });
  },
  'plan.destination': ({ engine }) => context.engine(engine).surveyDestination(engine),
  'plan.path-sink': async ({ lifeMs }) => openPathSink(await ownTunnelAddress(context.paths), lifeMs),
  'plan.path-send': (wish, { signal }) => measureWay(wish, signal),
});

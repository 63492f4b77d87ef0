import { BlanketError } from '../../wire/errors.ts';
import type { Compressing } from '../../wire/methods/plan.ts';
import { ownTunnelAddress } from '../conform/sink.ts';
import type { Context } from '../context.ts';
import { needGuest } from '../guests.ts';
import type { HandlersOf } from '../handlers.ts';
import { logError } from '../log.ts';
import { measureCompressing } from '../plan/compressing.ts';
import { measureWay, openPathSink } from '../plan/path.ts';

/** A plan goes without what this host's processor can do when it was not to be measured. */
async function withCompressing<T>(survey: Promise<T>): Promise<T & { compressing?: Compressing }> {
  const measuring = measureCompressing().catch((error: unknown) => {
    logError('plan.compressing-failed', error);
  });
  const [told, compressing] = await Promise.all([survey, measuring]);
  return { ...told, ...(compressing !== undefined && { compressing }) };
}

export const planHandlers = (context: Context): HandlersOf<'plan'> => ({
  'plan.source': async ({ guest }) => {
    const { engine } = await needGuest(context, guest);
    if ((await engine.state(guest)) === 'running') return withCompressing(engine.surveySource(guest));
    throw new BlanketError('guest.not-running', `${guest} does not run here.`, { kind: 'conflict' });
  },
  'plan.destination': ({ engine }) => withCompressing(context.engine(engine).surveyDestination(engine)),
  'plan.path-sink': async ({ lifeMs }) => openPathSink(await ownTunnelAddress(context.paths), lifeMs),
  'plan.path-send': (wish, { signal }) => measureWay(wish, signal),
});

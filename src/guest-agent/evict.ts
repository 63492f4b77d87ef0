/** A second copy of a guest that lives elsewhere: it is ended, and all it has stays. */
import type { AgentParsed } from '../wire/agent.ts';
import { BlanketError } from '../wire/errors.ts';
import type { Context } from './context.ts';
import { needGuest } from './guests.ts';
import { fence } from './lease.ts';
import { log } from './log.ts';

/**
 * Control has seen the guest run where it lives.
 * @throws BlanketError `guest.fenced`, `guest.not-found`, `guest.another` for a guest that only has the same name
 */
export async function evict(
  context: Context,
  { name, uuid, lease }: AgentParsed<'guest.evict'>,
): Promise<boolean> {
  const { spec, engine } = await needGuest(context, name);
  if (spec.uuid !== uuid) {
    throw new BlanketError('guest.another', `${name} on this host is another guest of that name.`, {
      kind: 'conflict',
    });
  }
  await fence(context, { guest: name, lease });
  if ((await engine.state(name)) !== 'running') return false;
  await engine.destroy(name);
  log('guest.second-copy-ended', { guest: name, lease });
  return true;
}

/**
 * Calls in the journal: `call.begun` and `call.done` for what an operation of control's asks, so that its id finds the same work
 * on both hosts, and `call.failed` for everything. What control asks on its own, to watch a host, is too much for a journal.
 */
import { z } from 'zod';
import { log, logError } from '../log.ts';

/** What parameters say of themselves, whichever method's they are; not checked yet when this looks at them. */
const aboutSchema = z.object({
  operation: z.string().optional().catch(undefined),
  guest: z.string().optional().catch(undefined),
  name: z.string().optional().catch(undefined),
});

function aboutOf(method: string, params: unknown, operation: string | undefined): Record<string, unknown> {
  const about = aboutSchema.safeParse(params).data;
  const guest = about?.guest ?? (method.startsWith('guest.') ? about?.name : undefined);
  const id = operation ?? about?.operation;
  return { ...(id !== undefined && { operation: id }), ...(guest !== undefined && { guest }), method };
}

/** @param operation as the call's message names it; older controls name it in the parameters of migrations only. */
export async function loggedCall<T>(
  method: string,
  params: unknown,
  operation: string | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const about = aboutOf(method, params, operation);
  const begun = performance.now();
  const ms = () => Math.round(performance.now() - begun);
  const told = about.operation !== undefined;
  if (told) log('call.begun', about);
  try {
    const value = await work();
    if (told) log('call.done', { ...about, ms: ms() });
    return value;
  } catch (error) {
    logError('call.failed', error, { ...about, ms: ms() });
    throw error;
  }
}

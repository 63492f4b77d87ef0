/** Either side's digest of the guest's disks, between the end of the copy and the handover. */
import type { AgentParsed, AgentResult } from '../../wire/agent.ts';
import type { Context } from '../context.ts';
import { digestDisks } from '../disk-digest.ts';
import { needGuest } from '../guests.ts';
import type { Call } from '../handlers.ts';
import { inTurn, needRecord } from './source.ts';

/** @throws BlanketError `disk.not-read`, and when this host has no part in the migration */
export const digest = (
  context: Context,
  params: AgentParsed<'migrate.digest'>,
  call: Call,
): Promise<AgentResult<'migrate.digest'>> =>
  inTurn(context, params, async () => {
    await needRecord(context, params);
    const { spec } = await needGuest(context, params.guest);
    return digestDisks(context.paths, spec, call.signal);
  });

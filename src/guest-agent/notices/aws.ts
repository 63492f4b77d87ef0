/**
 * AWS: the instance metadata service, version 2: a token by PUT, then every GET with it. Paths and answers are those
 * of the EC2 User Guide: "Spot Instance interruption notices", "View scheduled events", "rebalance recommendations".
 */
import { z } from 'zod';
import type { Notice } from '../../wire/methods/drivers.ts';
import { type Ask, timeOf } from './metadata.ts';
import { type Read, tokenReader } from './token.ts';

const actionSchema = z.object({ action: z.string(), time: z.string() });
const rebalanceSchema = z.object({ noticeTime: z.string() });
const eventsSchema = z.array(
  z.object({
    Code: z.string(),
    Description: z.string(),
    NotBefore: z.string().optional(),
    State: z.string(),
  }),
);

const kinds: Record<string, Notice['kind']> = {
  'instance-reboot': 'reboot',
  'system-reboot': 'reboot',
  'instance-stop': 'reclaim',
  'instance-retirement': 'reclaim',
};

async function interruptions(read: Read): Promise<Notice[]> {
  const text = await read('/latest/meta-data/spot/instance-action');
  if (text === undefined) return [];
  const { action, time } = actionSchema.parse(JSON.parse(text));
  return [{ kind: 'reclaim', detail: `AWS takes this spot instance back (${action})`, ...timeOf(time) }];
}

async function events(read: Read): Promise<Notice[]> {
  const text = await read('/latest/meta-data/events/maintenance/scheduled');
  if (text === undefined || text === '') return [];
  return eventsSchema
    .parse(JSON.parse(text))
    .filter(({ State }) => State === 'active') // others are past or called off
    .map(({ Code, Description, NotBefore }) => ({
      kind: kinds[Code] ?? 'maintenance',
      detail: `AWS: ${Code}, ${Description}`,
      ...timeOf(NotBefore),
    }));
}

/** A warning ahead of an interruption, which may come or not; its time is when it was given. */
async function rebalance(read: Read): Promise<Notice[]> {
  const text = await read('/latest/meta-data/events/recommendations/rebalance');
  if (text === undefined) return [];
  const { noticeTime } = rebalanceSchema.parse(JSON.parse(text));
  return [{ kind: 'reclaim', detail: `AWS may soon take this spot instance back (said at ${noticeTime})` }];
}

export function awsNotices(): (ask: Ask) => Promise<Notice[]> {
  const reader = tokenReader('x-aws-ec2-metadata-token', [401]);
  return async (ask) => {
    const read = reader(ask);
    return [...(await interruptions(read)), ...(await events(read)), ...(await rebalance(read))];
  };
}

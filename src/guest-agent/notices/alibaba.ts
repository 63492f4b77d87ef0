/**
 * Alibaba: the metadata service at 100.100.100.200, asked with a token, which instances in hardened mode demand and
 * others take. Paths and answers are those of the ECS User Guide: "Query the interruption events of spot instances"
 * and "Instance metadata". It says when a spot instance is stopped and released, some minutes ahead.
 */
import { z } from 'zod';
import type { Notice } from '../../wire/methods/drivers.ts';
import { type Ask, timeOf } from './metadata.ts';
import { tokenReader } from './token.ts';

/** In UTC, `2015-01-05T18:02:00Z`; nothing, or 404, while the instance may stay. */
const terminationSchema = z.union([z.literal(''), z.iso.datetime()]);

export function alibabaNotices(): (ask: Ask) => Promise<Notice[]> {
  // What a stale token is answered with is not documented: either refusal brings a new one.
  const reader = tokenReader('x-aliyun-ecs-metadata-token', [401, 403]);
  return async (ask) => {
    const text = await reader(ask)('/latest/meta-data/instance/spot/termination-time');
    const time = terminationSchema.parse(text ?? '');
    if (time === '') return [];
    return [{ kind: 'reclaim', detail: 'Alibaba takes this spot instance back', ...timeOf(time) }];
  };
}

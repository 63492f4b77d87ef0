/** What a method takes and gives, as a pair of schemas. */
import { z } from 'zod';

export const method = <P extends z.ZodType, R extends z.ZodType>(params: P, result: R) => ({
  params,
  result,
});

/** For a method that takes nothing, or gives nothing. */
export const none = z.object({});

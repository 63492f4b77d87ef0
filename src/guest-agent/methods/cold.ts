import { adopt, digest, fetch, offer } from '../cold/cold.ts';
import type { Context } from '../context.ts';
import type { HandlersOf } from '../handlers.ts';

export const coldHandlers = (context: Context): HandlersOf<'cold'> => ({
  'cold.offer': (params) => offer(context, params),
  'cold.fetch': (params, call) => fetch(context, params, call),
  'cold.digest': (id, call) => digest(context, id, call),
  'cold.adopt': (params) => adopt(context, params),
});

import type { Context } from '../context.ts';
import type { HandlersOf } from '../handlers.ts';
import { finish, prepare } from '../migrate/destination.ts';
import { digest } from '../migrate/digest.ts';
import { discard, keep, status } from '../migrate/outcome.ts';
import { recoverBegin, recoverFinish, recoverPerform, recoverPrepare } from '../migrate/recover.ts';
import { begin, confirm, inTurn, perform, requestCancel } from '../migrate/source.ts';

export const migrateHandlers = (context: Context): HandlersOf<'migrate'> => ({
  'migrate.begin': (id) => begin(context, id),
  'migrate.prepare': (params) => prepare(context, params),
  'migrate.perform': (params, call) => perform(context, params, call),
  'migrate.finish': (params, call) => finish(context, params, call),
  'migrate.confirm': (params) => confirm(context, params),
  'migrate.cancel': async (id) => {
    await requestCancel(context, id);
    return {};
  },
  'migrate.digest': (id, call) => digest(context, id, call),
  'migrate.status': (id) => status(context, id),
  'migrate.discard': async (id) => {
    await inTurn(context, id, () => discard(context, id));
    return {};
  },
  'migrate.recover-begin': (params) => recoverBegin(context, params),
  'migrate.recover-prepare': (params) => recoverPrepare(context, params),
  'migrate.recover-perform': (params) => recoverPerform(context, params),
  'migrate.recover-finish': (params) => recoverFinish(context, params),
  'migrate.keep': (id) => inTurn(context, id, () => keep(context, id)),
});

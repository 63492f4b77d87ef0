import type { Context } from '../context.ts';
import { chooseEngine } from '../engines/probe.ts';
import type { HandlersOf } from '../handlers.ts';

export const engineHandlers = (context: Context): HandlersOf<'engine'> => ({
  'engine.probe': ({ timeoutMs }, { signal }) => chooseEngine(timeoutMs, signal),
  'engine.cpu': ({ engine }) => context.engine(engine).cpu(engine),
});

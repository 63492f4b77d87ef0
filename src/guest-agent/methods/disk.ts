import type { Context } from '../context.ts';
import type { HandlersOf } from '../handlers.ts';
import { serially } from '../serially.ts';
import { listDisks, setDisks } from '../set-disks.ts';

export const diskHandlers = (context: Context): HandlersOf<'disk'> => ({
  'disk.list': async ({ name }) => ({ disks: await listDisks(context, name) }),
  'disk.set': async (wish) => {
    await serially(`guest ${wish.name}`, () => setDisks(context, wish));
    return {};
  },
});

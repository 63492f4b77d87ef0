import type { HandlersOf } from '../handlers.ts';
import { hypervisorLog } from '../hypervisor-log.ts';

export const hypervisorHandlers = (): HandlersOf<'hypervisor'> => ({
  'hypervisor.log': async ({ guest, withinMs }) => ({
    lines: await hypervisorLog(guest, Date.now() - withinMs),
  }),
});

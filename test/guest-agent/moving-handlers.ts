/** What of an agent has a part in migrations. Of the rest a caller hears that it is unknown. */
import type { Context } from '../../src/guest-agent/context.ts';
import type { Handlers } from '../../src/guest-agent/handlers.ts';
import { coldHandlers } from '../../src/guest-agent/methods/cold.ts';
import { diskHandlers } from '../../src/guest-agent/methods/disk.ts';
import { guestHandlers } from '../../src/guest-agent/methods/guest.ts';
import { migrateHandlers } from '../../src/guest-agent/methods/migrate.ts';

export const movingHandlers = (context: Context): Handlers =>
  ({
    ...guestHandlers(context),
    ...diskHandlers(context),
    ...migrateHandlers(context),
    ...coldHandlers(context),
  }) as Partial<Handlers> as Handlers;

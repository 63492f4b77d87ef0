/** Every method of the contract, from its own file. */

import type { Context } from '../context.ts';
import type { Handlers } from '../handlers.ts';
import { clockHandlers } from './clock.ts';
import { coldHandlers } from './cold.ts';
import { conformHandlers } from './conform.ts';
import { diskHandlers } from './disk.ts';
import { driverHandlers } from './drivers.ts';
import { engineHandlers } from './engines.ts';
import { guestHandlers } from './guest.ts';
import { hostHandlers } from './host.ts';
import { hypervisorHandlers } from './hypervisor.ts';
import { imageHandlers } from './image.ts';
import { migrateHandlers } from './migrate.ts';
import { networkHandlers } from './network.ts';
import { planHandlers } from './plan.ts';
import { tunnelHandlers } from './tunnel.ts';

export const allHandlers = (context: Context): Handlers => ({
  ...hostHandlers(context),
  ...driverHandlers(context),
  ...engineHandlers(context),
  ...hypervisorHandlers(),
  ...conformHandlers(context),
  ...networkHandlers(context),
  ...tunnelHandlers(context),
  ...imageHandlers(context),
  ...guestHandlers(context),
  ...diskHandlers(context),
  ...planHandlers(context),
  ...clockHandlers(context),
  ...migrateHandlers(context),
  ...coldHandlers(context),
});

/** What each route does. Quick changes are made here; long work starts an operation. */
import type { RouteName, RouteParsed, RouteResult } from '../../wire/api.ts';
import type { AuditLog } from '../audit/log.ts';
import { metricsOf } from '../metrics/metrics.ts';
import type { Services } from '../services.ts';
import { auditHandlers } from './audit-handlers.ts';
import { cloudHandlers } from './cloud-handlers.ts';
import { conformHandlers } from './conform-handlers.ts';
import { diskHandlers } from './disk-handlers.ts';
import { drainHandlers } from './drain-handlers.ts';
import { fleetHandlers } from './fleet-handlers.ts';
import { guestHandlers } from './guest-handlers.ts';
import { hostHandlers } from './host-handlers.ts';
import { imageHandlers } from './image-handlers.ts';
import { migrateHandlers } from './migrate-handlers.ts';
import { networkHandlers } from './network-handlers.ts';
import { proofHandlers } from './proof-handlers.ts';
import { reachHandlers } from './reach-handlers.ts';
import { statusHandlers } from './status-handlers.ts';
import { tokenHandlers } from './token-handlers.ts';
import { tunnelHandlers } from './tunnel-handlers.ts';

export type Handler<N extends RouteName> = (
  request: RouteParsed<N>,
) => RouteResult<N> | Promise<RouteResult<N>>;

export type Handlers<N extends RouteName = RouteName> = { [K in N]: Handler<K> };

/** All but those of browsers' sessions, which need the requests themselves. */
export const handlersFor = (
  services: Services,
  audit: AuditLog,
): Handlers<Exclude<RouteName, `session.${string}`>> => ({
  ...auditHandlers(audit),
  ...tokenHandlers(services),
  ...statusHandlers(services),
  ...cloudHandlers(services),
  ...hostHandlers(services),
  ...conformHandlers(services),
  ...drainHandlers(services),
  ...imageHandlers(services),
  ...networkHandlers(services),
  ...tunnelHandlers(services),
  ...guestHandlers(services),
  ...diskHandlers(services),
  ...migrateHandlers(services),
  ...proofHandlers(services),
  metrics: metricsOf(services),
  ...reachHandlers(services),
  ...fleetHandlers(services),
});

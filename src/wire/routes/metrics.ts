/** Route of what control counts. */
import { z } from 'zod';
import { viewer } from '../access.ts';
import { metricSchema } from '../metrics.ts';
import { route } from './route.ts';

export const metricsRoutes = {
  metrics: route('GET /metrics', 200, 'Counters, gauges and histograms', z.array(metricSchema), {
    needs: viewer,
  }),
} as const;

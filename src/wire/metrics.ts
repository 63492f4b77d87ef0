/** What control counts, and how Prometheus reads it (text exposition format 0.0.4). Times are seconds, as is the custom there. */
import { z } from 'zod';

export const metricSchema = z.object({
  name: z.string(),
  help: z.string(),
  type: z.enum(['counter', 'gauge', 'histogram']),
  /** Of a histogram, with the endings `_bucket`, `_sum` and `_count`. */
  samples: z.array(
    z.object({ name: z.string(), labels: z.record(z.string(), z.string()), value: z.number() }),
  ),
});
export type Metric = z.infer<typeof metricSchema>;

export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8';
/** Where a scraper finds the text; `/v1/metrics` has the same as JSON. */
export const metricsTextPath = '/metrics';

const escapedHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
const escapedLabel = (text: string): string => escapedHelp(text).replaceAll('"', '\\"');

function sampleText({ name, labels, value }: Metric['samples'][number]): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapedLabel(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`;
}

/** Ends with a newline. */
export const metricsText = (metrics: readonly Metric[]): string =>
  metrics
    .map(
      ({ name, help, type, samples }) =>
        `# HELP ${name} ${escapedHelp(help)}\n# TYPE ${name} ${type}\n${samples.map(sampleText).join('')}`,
    )
    .join('');

/** `blanket metrics`: what control counts, as a scraper reads it. */
import type { Command } from 'commander';
import { metricsText } from '../../wire/metrics.ts';
import type { Cli } from '../cli.ts';
import { examples } from '../command.ts';
import { data } from '../print/format.ts';

export function addMetricsCommand(program: Command, cli: Cli): void {
  const command = program
    .command('metrics')
    .description('print what control counts, for Prometheus; starts no control')
    .action(async () => {
      const metrics = await cli.quietClient().call('metrics');
      cli.print(cli.format === 'table' ? metricsText(metrics) : data(cli.format, metrics));
    });
  examples(
    command,
    'blanket metrics',
    'blanket metrics >/var/lib/prometheus/node-exporter/blanket.prom   # from a timer, for the textfile collector',
    'curl --unix-socket ~/.local/state/blanket/control.sock http://control/metrics',
  );
}

/**
 * The listener of measure 3, a process of its own so that its memory is the client's alone:
 *
 *   node --expose-gc event-listener.ts SOCKET EVENTS EVERY BURN_US
 *
 * It prints a line when it listens, then one after every EVERY events: its memory once all garbage is gone. It burns
 * BURN_US µs of processor time on each event, and ends after EVENTS of them.
 */
import { connect } from '../../../src/libvirt/connect.ts';
import type { ListenerLine } from './event-lines.ts';

const [socketPath = '', ...numbers] = process.argv.slice(2);
const [events = 0, every = 1, burnUs = 0] = numbers.map(Number);

function report(seen: number): void {
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const peakRssBytes = process.resourceUsage().maxRSS * 1024;
  const line: ListenerLine = { seen, rssBytes: rss, heapBytes: heapUsed + external, peakRssBytes };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function burn(): void {
  const end = performance.now() + burnUs / 1_000;
  while (performance.now() < end);
}

const connection = await connect({ socketPath, uri: 'test:///default', signal: AbortSignal.timeout(20_000) });
let seen = 0;
const done = new Promise<void>((resolve) => {
  const take = () => {
    if (burnUs > 0) burn();
    seen += 1;
    if (seen % every === 0) report(seen);
    if (seen === events) resolve();
  };
  void connection.events.on('lifecycle', take).then(() => report(0));
});
await Promise.race([
  done,
  connection.closed.then((reason) => Promise.reject(reason ?? new Error('The connection was closed.'))),
]);
await connection.close();

/**
 * `make bench-network`: how forwarding state grows with the fleet, against the real kernel in network namespaces. Needs
 * root. ROUNDS, FLEETS (hosts, by commas) and NAMESPACES change how much is measured.
 */
import { cpus, loadavg, release } from 'node:os';
import { run } from '../../../src/process/run.ts';
import { measureBroadcast } from './broadcast.ts';
import { fleetOf } from './fleet.ts';
import { measureNames } from './names.ts';
import { type Namespaces, openNamespaces, sweep } from './namespaces.ts';
import { measureParallel } from './parallel.ts';
import { measurePush } from './push.ts';
import { reportBroadcast, reportNames, reportParallel, reportPush, reportTables } from './report.ts';
import { readSettings, type Settings } from './settings.ts';
import { measureTables } from './tables.ts';

function abortOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => controller.abort(new Error(`It was ended by ${name}.`)));
  }
  return controller.signal;
}

/** How loaded the machine was says how much the numbers are worth. */
function machine(): string {
  const processors = cpus();
  const name = processors[0]?.model.trim() ?? 'unknown';
  return `${processors.length} processors (${name}), load average ${loadavg()[0]?.toFixed(2)}`;
}

/** @throws Error that says what is missing. */
async function needTools(): Promise<void> {
  if (process.getuid?.() !== 0) {
    throw new Error('Only root may make network namespaces: run it as root, e.g. sudo make bench-network.');
  }
  for (const [tool, flag] of [
    ['ip', '-V'],
    ['bridge', '-V'],
    ['dnsmasq', '--version'],
  ] as const) {
    await run(tool, [flag]).catch((error: unknown) => {
      throw new Error(`${tool} is needed (Debian: iproute2, dnsmasq-base).`, { cause: error });
    });
  }
}

async function measure(settings: Settings, namespaces: Namespaces, signal: AbortSignal): Promise<void> {
  const fleets = settings.fleets.map(fleetOf);
  console.log(`Node ${process.versions.node}, Linux ${release()}, ${settings.rounds} rounds, medians\n`);
  console.log(`${reportTables(await measureTables(fleets, settings, namespaces, signal))}\n`);
  console.log(`${reportPush(await measurePush(fleets, settings, signal))}\n`);
  console.log(`${reportParallel(await measureParallel(settings, namespaces, signal))}\n`);
  console.log(`${reportBroadcast(await measureBroadcast(fleets, settings, namespaces, signal))}\n`);
  console.log(reportNames(await measureNames(fleets, settings, namespaces, signal)));
}

async function main(signal: AbortSignal): Promise<void> {
  const settings = readSettings(process.env);
  await needTools();
  await sweep();
  console.log(machine());
  const namespaces = openNamespaces(signal);
  try {
    await measure(settings, namespaces, signal);
  } finally {
    await namespaces.removeAll();
  }
}

const signal = abortOnSignals();
const begin = performance.now();
try {
  await main(signal);
  console.log(`\n${machine()}\nbench-network: ok, ${Math.round((performance.now() - begin) / 1_000)} s`);
} catch (error) {
  // What breaks after a signal breaks because of it.
  const reason: unknown = signal.aborted ? signal.reason : error;
  console.error(`\nbench-network: ${reason instanceof Error ? reason.message : reason}`);
  process.exitCode = 1;
}

/**
 * `make bench-libvirt`: the libvirt client beside virsh, both over the socket of the same private libvirtd with its
 * test driver, so that nothing boots. ROUNDS, N (calls of a turn), DOMAINS and EVENTS change how much is measured.
 */
import { cpus, loadavg } from 'node:os';
import { type PrivateDaemon, startDaemon } from '../../libvirt/private-daemon.ts';
import { measureEvents } from './events.ts';
import { measureListing } from './listing.ts';
import { measureOneCall } from './one-call.ts';
import { reportEvents, reportListing, reportOneCall } from './report.ts';
import { readSettings, type Settings } from './settings.ts';
import { useVirsh } from './virsh.ts';

/** µs that the slow listener takes for an event: more than making one takes. */
const slowUs = 200;
/** Of EVENTS, for the slow listener. */
const slowShare = 0.5;

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

async function measure(daemon: PrivateDaemon, settings: Settings, signal: AbortSignal): Promise<void> {
  const connection = await daemon.connect('test:///default');
  const { library } = await connection.versions();
  console.log(
    `Node ${process.versions.node}, libvirt ${library}, ${settings.rounds} rounds after one to warm up\n`,
  );
  const virsh = useVirsh(daemon);
  const shell = await virsh.openShell();
  try {
    const calls = await measureOneCall(connection, virsh, shell, settings, signal);
    console.log(`${calls.map(reportOneCall).join('\n\n')}\n`);
    const listing = await measureListing(connection, virsh, shell, settings, signal);
    console.log(`${reportListing(listing, settings.domains)}\n`);
    const { events } = settings;
    console.log(`${reportEvents(await measureEvents(daemon, { events, burnUs: 0 }, signal))}\n`);
    const fewer = Math.ceil(events * slowShare);
    console.log(reportEvents(await measureEvents(daemon, { events: fewer, burnUs: slowUs }, signal)));
  } finally {
    await shell.close();
    await connection.close();
  }
}

async function main(signal: AbortSignal): Promise<void> {
  const settings = readSettings(process.env);
  console.log(machine());
  const daemon = await startDaemon();
  try {
    await measure(daemon, settings, signal);
  } finally {
    await daemon.stop();
  }
}

const signal = abortOnSignals();
const begin = performance.now();
try {
  await main(signal);
  console.log(`\n${machine()}\nbench-libvirt: ok, ${Math.round((performance.now() - begin) / 1_000)} s`);
} catch (error) {
  // What breaks after a signal breaks because of it.
  const reason: unknown = signal.aborted ? signal.reason : error;
  console.error(`\nbench-libvirt: ${reason instanceof Error ? reason.message : reason}`);
  process.exitCode = 1;
}

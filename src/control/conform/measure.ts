/** Everything that is measured of a host, once; the same before and after a reboot. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BlanketError } from '../../wire/errors.ts';
import type { ClockDrift, ClockOffset, Measurement } from '../../wire/routes/conform.ts';
import type { Services } from '../services.ts';
import { type ClockSample, driftBetween, offsetOf } from './clock-offset.ts';
import { measurePeer, readyPeers } from './peers.ts';
import { reading } from './reading.ts';

/** Only the fastest answer counts, and on an emulated host few are fast. */
const CLOCK_SAMPLES = 40;
const CLOCK_PAUSE_MS = 30;
const DISK_MS = 4_000;
const OVERHEAD_WINDOW_MS = 20_000;
const PROBE_TIMEOUT_MS = 120_000;
const CALL_TIMEOUT_MS = 120_000;

export type Measuring = {
  host: string;
  signal: AbortSignal;
  say(message: string): void;
};

type Clock = { offset: ClockOffset; source: string; bootId: string };

/** @throws BlanketError of the agent, `conform.no-time` when control's own clock jumped meanwhile. */
async function readClock({ agents }: Services, { host, signal }: Measuring): Promise<Clock> {
  const samples: ClockSample[] = [];
  let last = { clockSource: '', bootId: '' };
  for (let taken = 0; taken < CLOCK_SAMPLES; taken++) {
    const sentMs = Date.now();
    const now = await agents.call(host, 'conform.now', {}, { signal });
    samples.push({ sentMs, receivedMs: Date.now(), unixMs: now.unixMs });
    last = now;
    await sleep(CLOCK_PAUSE_MS, undefined, { signal });
  }
  const offset = offsetOf(samples);
  if (offset === undefined) throw new BlanketError('conform.no-time', "Control's own clock was set back.");
  return { offset, source: last.clockSource, bootId: last.bootId };
}

async function drift(services: Services, measuring: Measuring, first: Clock): Promise<ClockDrift> {
  const second = await readClock(services, measuring);
  const found = driftBetween(first.offset, second.offset, second.source);
  if (found === undefined) throw new BlanketError('conform.no-time', "Control's own clock was set back.");
  return found;
}

/** @throws BlanketError when the host is away; what fails on it is a reading. */
export async function measure(services: Services, measuring: Measuring): Promise<Measurement> {
  const { agents } = services;
  const { host, signal, say } = measuring;
  const options = { signal, timeoutMs: CALL_TIMEOUT_MS };
  // libvirt starts with its first client and tries QEMU out: nothing is measured before it has answered.
  await agents.call(host, 'host.status', {}, options);
  const at = new Date().toISOString();
  const clock = await readClock(services, measuring);
  say('disk: writing and reading');
  const disk = await reading(() => agents.call(host, 'conform.disk', { ms: DISK_MS }, options), signal);
  say('driver: verifying its shims');
  const driver = await reading(() => agents.call(host, 'driver.verify', {}, options), signal);
  say('engine: booting the probe guest');
  const engine = await reading(() => probe(services, measuring), signal);
  const peers: Measurement['peers'] = [];
  for (const peer of readyPeers(services, host)) {
    say(`network: the way to ${peer.name}`);
    peers.push(await measurePeer(services, host, peer, signal));
  }
  say("blanket: its own processes' memory and CPU time");
  const window = { windowMs: OVERHEAD_WINDOW_MS };
  const overhead = await reading(() => agents.call(host, 'conform.overhead', window, options), signal);
  const drifted = await reading(() => drift(services, measuring, clock), signal);
  return { at, bootId: clock.bootId, disk, clock: drifted, engine, driver, overhead, peers };
}

/** Unlike `host probe` it leaves the choice that is kept for the host as it is. */
async function probe({ agents }: Services, { host, signal }: Measuring) {
  const options = { signal, timeoutMs: 3 * PROBE_TIMEOUT_MS };
  const { chosen, why, probes } = await agents.call(
    host,
    'engine.probe',
    { timeoutMs: PROBE_TIMEOUT_MS },
    options,
  );
  const score = probes.find(({ engine }) => engine === chosen)?.score;
  return { chosen, why, ...(score !== undefined && { score }) };
}

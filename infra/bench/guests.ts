/** The guests of a scenario: made, reached, given something to do, and removed. */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Seat } from '../demo/blanket.ts';
import { type Forward, openForward } from '../demo/forward.ts';
import { askOnce } from '../demo/observer.ts';
import type { Session } from '../demo/session.ts';
import { awaitService, stage } from '../demo/stage.ts';
import type { Scenario } from './scenarios.ts';

/** Where fresh data lies is behind the guest's file system (images/micro). */
const DISK = '2G';
/** Writing a gibibyte takes an emulated host's guest many minutes. */
const FILL_MS = 90 * 60_000;

export async function importAll({ blanket }: Seat, imagePath: string): Promise<void> {
  await blanket(['image', 'import', stage.image, imagePath]);
  await blanket(['network', 'create', stage.network.name, '--subnet', stage.network.subnet]);
}

export async function makeGuests({ blanket }: Seat, scenario: Scenario, host: string): Promise<string[]> {
  const names = Array.from({ length: scenario.guests }, (_, i) => `${scenario.name}${i + 1}`);
  for (const name of names)
    await blanket(['guest', 'create', name, '--image', stage.image, '--host', host, '--disk', DISK]);
  return names;
}

export async function removeGuests({ blanket }: Seat, guests: readonly string[]): Promise<void> {
  for (const guest of guests) {
    await blanket(['guest', 'stop', guest, '--force']);
    await blanket(['guest', 'remove', guest, '--yes']);
  }
}

/** A way to each guest's service through the host `via`. */
export async function reach(
  { seat, signal }: Session,
  guests: readonly string[],
  via: string,
): Promise<Forward[]> {
  const forwards: Forward[] = [];
  for (const guest of guests) {
    const forward = await openForward(seat, guest, stage.port, via, signal);
    forwards.push(forward);
    await awaitService(forward.address, signal);
  }
  return forwards;
}

const fillSchema = z.object({ fillLeft: z.int() });

/** @param bytesPerSecond what the way carries. */
export async function busy(
  forwards: readonly Forward[],
  { writes, freshMiB }: Scenario,
  bytesPerSecond: number,
  signal: AbortSignal,
): Promise<void> {
  for (const { address } of forwards) {
    if (freshMiB > 0) await askOnce(address, `fill ${freshMiB}`, signal);
    if (writes > 0) await askOnce(address, `load ${Math.round(writes * bytesPerSecond)}`, signal);
  }
  for (const { address } of forwards) {
    for (const until = Date.now() + FILL_MS; ; await sleep(2_000, undefined, { signal })) {
      const { fillLeft } = fillSchema.parse(await askOnce(address, 'count', signal));
      if (fillLeft === 0) break;
      if (Date.now() > until)
        throw new Error(`${fillLeft} MiB were still to be written after ${FILL_MS} ms.`);
    }
  }
}

/** What the kernel keeps time with, draws randomness from, and writes to. */
import type { Files } from './access.ts';
import type { Facts } from './facts.ts';
import { words } from './read-optional.ts';

export async function readClock(files: Files): Promise<Facts['clock']> {
  const base = '/sys/devices/system/clocksource/clocksource0';
  return {
    current: ((await files.text(`${base}/current_clocksource`)) ?? '').trim(),
    available: words(await files.text(`${base}/available_clocksource`)),
  };
}

/** Names of the PTP clocks, in the order of their numbers; a clock without a name is left out. */
export async function readPtp(files: Files): Promise<string[]> {
  const clocks = await files.list('/sys/class/ptp');
  const names = await Promise.all(clocks.map((clock) => files.text(`/sys/class/ptp/${clock}/clock_name`)));
  return names.flatMap((name) => (name === undefined ? [] : [name.trim()]));
}

/** `undefined` where the kernel knows no hardware generator at all. */
export async function readEntropy(files: Files): Promise<Facts['entropy']> {
  const base = '/sys/class/misc/hw_random';
  const current = await files.text(`${base}/rng_current`);
  if (current === undefined) return undefined;
  return { current: current.trim(), available: words(await files.text(`${base}/rng_available`)) };
}

export const readConsoles = async (files: Files): Promise<string[]> =>
  words(await files.text('/sys/class/tty/console/active'));

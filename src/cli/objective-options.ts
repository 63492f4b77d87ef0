/** The options that say what a migration is to keep to: of `blanket migrate`, and a guest's own. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  bandwidthUnit,
  type CompressWish,
  compressWishes,
  defaultObjective,
  type MigrationMode,
  migrationModes,
  type ObjectiveWish,
  objectiveWishSchema,
  type TimeoutAction,
  timeoutActions,
} from '../wire/objective.ts';
import { type Given, given } from './command.ts';
import { parseBandwidth, parseWholeMs } from './parse/quantity.ts';
import { parseCount } from './parse/words.ts';
import { durationText } from './print/units.ts';

export type ObjectiveOptions = {
  maxDowntime?: number;
  maxTotal?: number;
  bandwidth?: number;
  onTimeout?: TimeoutAction;
  mode?: MigrationMode;
  autoConverge?: boolean;
  connections?: number | 'auto';
  compress?: CompressWish;
  verifyDisk?: boolean;
  syncTime?: boolean;
};

/** Whole MiB a second, libvirt's unit; rounded down, since it is the most that may be used. */
export function parseWholeBandwidth(text: string): number {
  const value = parseBandwidth(text);
  if (value >= bandwidthUnit) return Math.floor(value / bandwidthUnit) * bandwidthUnit;
  throw new InvalidArgumentError('It must be at least 1MiB (a second), like 10MiB or 200Mbit.');
}

export function parseConnections(text: string): number | 'auto' {
  if (text === 'auto') return text;
  const connections = parseCount(text);
  if (objectiveWishSchema.safeParse({ connections }).success) return connections;
  throw new InvalidArgumentError('It must be auto, or between 1 and 16.');
}

export function parseMaxTotal(text: string): number {
  const ms = parseWholeMs(text);
  const { success } = objectiveWishSchema.safeParse({ maxTotalMs: ms });
  if (success) return ms;
  throw new InvalidArgumentError('It must be between 1s and 168h.');
}

export const addObjectiveOptions = (command: Command): Command =>
  command
    .option(
      '--max-downtime <time>',
      `longest pause at the cutover (default: ${durationText(defaultObjective.maxDowntimeMs)})`,
      parseWholeMs,
    )
    .option('--max-total <time>', 'longest time for all of it, like 10m (default: no limit)', parseMaxTotal)
    .addOption(
      new Option(
        '--on-timeout <action>',
        'after --max-total: abort leaves the guest where it is, pause stops it until it is over, postcopy lets it go ahead of its memory, and LOSES it when a host or the network fails then (default: abort)',
      ).choices(timeoutActions),
    )
    .option(
      '--bandwidth <rate>',
      'most that the copy may use, in whole MiB a second, like 10MiB or 200Mbit (default: no limit)',
      parseWholeBandwidth,
    )
    .addOption(
      new Option(
        '--mode <mode>',
        'live; suspend: paused while its memory is copied; cold: shut down, its disks go over, started there (default: auto: live, a stopped guest as it is)',
      ).choices(migrationModes),
    )
    .option(
      '--connections <count>',
      'connections for the memory, up to 16 (default: auto, by the measured path)',
      parseConnections,
    )
    .addOption(
      new Option(
        '--compress <how>',
        'compress the memory on its way (default: auto, by the measured path and the processors of both hosts)',
      ).choices(compressWishes),
    )
    .option('--auto-converge', 'slow the guest down when its memory does not converge (default)')
    .option('--no-auto-converge', 'never slow the guest down to get its memory across')
    .option(
      '--verify-disk',
      'read and compare the disks on both sides at the cutover; the guest stands still for as long as that takes',
    )
    .option('--sync-time', "set the guest's clock to its new host's after the move, if it has a guest agent");

export const objectiveWish = (options: ObjectiveOptions): Given<ObjectiveWish> =>
  given({
    maxDowntimeMs: options.maxDowntime,
    maxTotalMs: options.maxTotal,
    bandwidthBps: options.bandwidth,
    onTimeout: options.onTimeout,
    mode: options.mode,
    autoConverge: options.autoConverge,
    connections: options.connections,
    compress: options.compress,
    verifyDisk: options.verifyDisk,
    syncTime: options.syncTime,
  });

/** Numbers and times as people read them. */
import type { Range } from '../wire/prediction.ts';

const prefixes = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function bytesText(bytes: number): string {
  const step = bytes < 1 ? 0 : Math.min(prefixes.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 2 ** (10 * step);
  return `${value >= 100 || step === 0 ? Math.round(value) : value.toFixed(1)} ${prefixes[step]}`;
}

export const rateText = (bytesPerSecond: number): string => `${bytesText(bytesPerSecond)}/s`;

export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.round((ms % 60_000) / 1000)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** How long ago, or how far ahead, in one unit. */
export function agoText(time: string, now: number = Date.now()): string {
  const seconds = Math.round((now - Date.parse(time)) / 1000);
  const size = Math.abs(seconds);
  const units: [number, string][] = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
    [1, 's'],
  ];
  const [length, name] = units.find(([unit]) => size >= unit) ?? [1, 's'];
  const text = `${Math.floor(size / length)} ${name}`;
  return seconds < 0 ? `in ${text}` : `${text} ago`;
}

export const rangeText = ({ low, likely, high }: Range, text: (value: number) => string): string =>
  `${text(likely)} (${text(low)} – ${text(high)})`;

export const mibText = (mib: number): string => bytesText(mib * 2 ** 20);

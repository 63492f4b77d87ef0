/** Numbers as a person reads them. */

const binary = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
const decimal = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

function scaled(value: number, base: number, units: readonly string[]): string {
  let index = 0;
  let scaledValue = value;
  while (Math.round(scaledValue * 10) / 10 >= base && index < units.length - 1) {
    scaledValue /= base;
    index += 1;
  }
  const rounded =
    scaledValue >= 100 || index === 0 ? Math.round(scaledValue) : Math.round(scaledValue * 10) / 10;
  return `${rounded} ${units[index]}`;
}

/** `61.4 MiB`. */
export const bytesText = (bytes: number): string => scaled(bytes, 1024, binary);

/** `10.2 MB/s`, in powers of ten as networks count. */
export const rateText = (bytesPerSecond: number): string => `${scaled(bytesPerSecond, 1000, decimal)}/s`;

/** `350 ms`, `12.3 s`, `2 min 5 s`, `3 h 20 min`, `4 d 2 h`. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 99_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  const hours = Math.floor(minutes / 60);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A coarse time left or gone: `12 s`, `3 min`, `5 h`, `2 d`. */
export function roughText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** How long ago an ISO time was. */
export const ageText = (time: string, now: number = Date.now()): string => roughText(now - Date.parse(time));

export const percentText = (share: number): string => `${Number((share * 100).toFixed(3))}%`;

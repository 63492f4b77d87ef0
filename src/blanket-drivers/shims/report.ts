/** Reports, and one report made of several. */
import type { Report } from './shim.ts';

export const set = (detail: string): Report => ({ outcome: 'set', detail });
export const refused = (detail: string): Report => ({ outcome: 'refused', detail });
export const failed = (detail: string): Report => ({ outcome: 'failed', detail });

export const setIf = (ok: boolean, detail: string): Report => (ok ? set(detail) : failed(detail));

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const gravity = { set: 0, refused: 1, failed: 2 } as const;

/** The gravest outcome, and every detail: those that failed alone where any did. */
export function together(title: string, parts: readonly Report[]): Report {
  const outcome = parts.reduce<Report['outcome']>(
    (worst, part) => (gravity[part.outcome] > gravity[worst] ? part.outcome : worst),
    'set',
  );
  const told = outcome === 'failed' ? parts.filter((part) => part.outcome === 'failed') : parts;
  const details = told.map(({ detail }) => detail).join(', ') || 'nothing to set';
  return { outcome, detail: title === '' ? details : `${title}: ${details}` };
}

/**
 * From readings to verdicts. Pure. Each check holds both measurements against a limit, and some hold one against the
 * other.
 *
 *   a reading failed, or its value is beyond the limit, before or after   -> failed
 *   no reading, or one that cannot be judged, and nothing failed           -> skipped: never passed unseen
 *   otherwise                                                              -> ok
 */
import type { Check, Reading } from '../../wire/routes/conform.ts';

/** `fault` and `change` give a clause that says what is wrong; `limit` is what the values are held against. */
export type Rule<T> = {
  name: string;
  text(value: T): string;
  fault(value: T): string | undefined;
  /** Why a value that is not at fault cannot be called good either, a full sentence. */
  unsure?: (value: T) => string | undefined;
  change?: (before: T, after: T) => string | undefined;
  limit: string;
};

type Side = 'before' | 'after';

const valueIn = <T>(reading: Reading<T> | undefined): T | undefined =>
  reading !== undefined && 'value' in reading ? reading.value : undefined;

function faultOf<T>(rule: Rule<T>, reading: Reading<T> | undefined): string | undefined {
  if (reading === undefined || 'skipped' in reading) return undefined;
  return 'failed' in reading ? reading.failed : rule.fault(reading.value);
}

function unsureOf<T>(rule: Rule<T>, reading: Reading<T> | undefined): string | undefined {
  if (reading === undefined || 'failed' in reading) return undefined;
  return 'skipped' in reading ? reading.skipped : rule.unsure?.(reading.value);
}

const shown = <T>(rule: Rule<T>, reading: Reading<T> | undefined): string | null => {
  const value = valueIn(reading);
  return value === undefined ? null : rule.text(value);
};

/** `after` is `undefined` when there was no reboot. */
export function judge<T>(rule: Rule<T>, before: Reading<T>, after: Reading<T> | undefined): Check {
  const check = (verdict: Check['verdict'], reason: string): Check => ({
    ...{ name: rule.name, before: shown(rule, before), after: shown(rule, after), verdict, reason },
  });
  const sides: [Side, Reading<T> | undefined][] = [
    ['before', before],
    ['after', after],
  ];
  for (const [side, reading] of sides) {
    const fault = faultOf(rule, reading);
    if (fault !== undefined) return check('failed', side === 'after' ? `After the reboot: ${fault}` : fault);
  }
  const [first, second] = [valueIn(before), valueIn(after)];
  const changed = first !== undefined && second !== undefined && rule.change?.(first, second);
  if (typeof changed === 'string') return check('failed', changed);
  for (const [side, reading] of sides) {
    const unsure = unsureOf(rule, reading);
    if (unsure !== undefined)
      return check('skipped', side === 'after' ? `After the reboot: ${unsure}` : unsure);
  }
  return check('ok', rule.limit);
}

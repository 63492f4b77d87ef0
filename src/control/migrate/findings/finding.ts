/** One thing that is found before a migration, and what becomes of all of them together. */
import { BlanketError, type Problem, toProblem } from '../../../wire/errors.ts';
import type { Finding, FindingId } from '../../../wire/migration-plan.ts';

type Data = Record<string, unknown>;

const found =
  (level: Finding['level']) =>
  (id: FindingId, message: string, next: string, data: Data = {}): Finding => ({
    ...{ id, level, message, next, data },
  });

export const blocker = found('blocker');
export const warning = found('warning');

export const blockers = (findings: readonly Finding[]): Finding[] =>
  findings.filter(({ level }) => level === 'blocker');

/** Blockers first; beyond that in the order in which they were looked for. */
export const inOrder = (findings: readonly Finding[]): Finding[] => [
  ...blockers(findings),
  ...findings.filter(({ level }) => level === 'warning'),
];

/** What another check says, as the finding that it is. */
export const findingOfProblem = (
  { code, message, next = 'See the message.', data = {} }: Problem,
  level: Finding['level'],
): Finding => ({ id: code, level, message, next, data });

export const problemOf = ({ id, message, next, data }: Finding): Problem => ({
  ...{ code: id, kind: 'blocked', message, next, data },
});

/** What a check throws is a blocker; what it does not throw is nothing. */
export function blockerFrom(check: () => void): Finding[] {
  try {
    check();
    return [];
  } catch (error) {
    if (!(error instanceof BlanketError)) throw error;
    return [findingOfProblem(toProblem(error), 'blocker')];
  }
}

/**
 * The first blocker gives the error its code; all of them are in its text, and in its data as `findings`.
 * @throws BlanketError, kind `blocked`
 */
export function refuseBlocked(findings: readonly Finding[]): void {
  const all = blockers(findings);
  const [first] = all;
  if (first === undefined) return;
  throw new BlanketError(first.id, all.map(({ message }) => message).join(' '), {
    kind: 'blocked',
    next: [...new Set(all.map(({ next }) => next))].join(' '),
    data: { ...first.data, findings: all },
  });
}

/** What is wrong with a fleet, all of it at once: each finding with its place, a stable code and what to do. */
import { BlanketError, type ErrorKind } from '../../wire/errors.ts';

export type Finding = {
  code: string;
  /** `fleet.yaml:12:5`, line and column from 1; `null`: of no file. */
  at: string | null;
  /** `guest/web1`; `null`: of the file itself. */
  resource: string | null;
  /** A full sentence. */
  message: string;
  next?: string | undefined;
};

export function findingText({ code, at, resource, message, next }: Finding): string {
  const place = [at, resource].filter((part) => part !== null).join(' ');
  return `${place === '' ? '' : `${place}: `}${message} (${code})${next === undefined ? '' : `\n    ${next}`}`;
}

type About = { code: string; kind: ErrorKind; many: string };

/** One finding is the error itself; several are told of together, under a code of their own. */
export function findingsError(findings: readonly Finding[], { code, kind, many }: About): BlanketError {
  const [only] = findings;
  const data = { findings };
  if (only !== undefined && findings.length === 1) {
    const place = [only.at, only.resource].filter((part) => part !== null).join(' ');
    const message = place === '' ? only.message : `${place}: ${only.message}`;
    return new BlanketError(only.code, message, { kind, next: only.next, data });
  }
  const lines = findings.map((finding) => `\n  ${findingText(finding)}`).join('');
  return new BlanketError(code, `${many}${lines}`, {
    kind,
    next: 'Nothing was touched. Put these right, and run it again.',
    data,
  });
}

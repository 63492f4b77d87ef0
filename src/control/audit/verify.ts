/**
 * Goes through the audit log from its first line and tells each place where it is not what was written. A changed, removed or
 * moved line breaks the chain where it lay; what is gone from the end is missed by the head, or by an anchor from elsewhere.
 */
import {
  type AuditFinding,
  type AuditHead,
  type AuditLine,
  auditLineSchema,
  digestOf,
  emptyHead,
} from '../../wire/audit.ts';
import { parseJson } from './parse-json.ts';
import type { RawLine } from './read.ts';

export type Heads = {
  /** The one that lies beside the log. */
  signed: AuditHead | 'none' | 'bad';
  /** One that somebody wrote down earlier. */
  anchor?: AuditHead | undefined;
};

export type Verification = { lines: number; head: AuditHead; findings: AuditFinding[] };

/** Where findings are so many that one more tells nothing. */
const MOST_FINDINGS = 100;

export async function verifyLog(
  lines: AsyncIterable<RawLine>,
  { signed, anchor }: Heads,
): Promise<Verification> {
  const findings: AuditFinding[] = [];
  const add = (...found: AuditFinding[]) => findings.push(...found.slice(0, MOST_FINDINGS - findings.length));
  const wanted = [signed, anchor].filter((head) => typeof head === 'object');
  const digests = new Map<number, string>([[0, emptyHead.digest]]);
  let [count, head] = [0, emptyHead];
  for await (const { bytes, ended } of lines) {
    count += 1;
    if (!ended) {
      add(finding('torn', count, 'the last line has no end, as a crash leaves it'));
      break;
    }
    const line = auditLineSchema.safeParse(parseJson(bytes.toString('utf8'))).data;
    if (line === undefined) add(finding('unreadable', count, 'this is no line of an audit log'));
    else add(...linkFindings(line, head, count), ...mendedFindings(line, count));
    head = { seq: line?.seq ?? head.seq + 1, digest: digestOf(bytes) };
    if (wanted.some(({ seq }) => seq === head.seq)) digests.set(head.seq, head.digest);
  }
  add(...headFindings(signed, head, digests));
  if (anchor !== undefined) add(...endFindings(anchor, head, digests, 'what was written down'));
  return { lines: count, head, findings };
}

const finding = (code: AuditFinding['code'], line: number | null, message: string): AuditFinding => ({
  code,
  line,
  message,
});

type Link = { seq: number; previous: string };

function linkFindings({ seq, previous }: Link, before: AuditHead, place: number): AuditFinding[] {
  const due = before.seq + 1;
  if (seq > due) {
    const which = seq - due === 1 ? `line ${due} is` : `lines ${due} to ${seq - 1} are`;
    return [finding('removed', place, `${which} not in the log`)];
  }
  if (seq < due) return [finding('reordered', place, `line ${seq} stands where line ${due} was due`)];
  if (previous === before.digest) return [];
  const what =
    place === 1
      ? 'it names a line before it that is not there'
      : `the line before it, ${before.seq}, was changed`;
  return [finding('changed', place, what)];
}

/** Nobody can tell any more what lay before. */
const mendedFindings = (line: AuditLine, place: number): AuditFinding[] =>
  line.event === 'mended' && line.what === 'no-head'
    ? [finding('no-head', place, 'control found no good head here when it started: lines before may be gone')]
    : [];

function headFindings(
  signed: Heads['signed'],
  head: AuditHead,
  digests: Map<number, string>,
): AuditFinding[] {
  if (signed === 'bad') return [finding('bad-head', null, 'the head was not signed by this installation')];
  if (signed !== 'none') return endFindings(signed, head, digests, 'its signed head');
  return head.seq === 0 ? [] : [finding('no-head', null, 'the signed head is not there')];
}

function endFindings(
  wanted: AuditHead,
  head: AuditHead,
  digests: Map<number, string>,
  says: string,
): AuditFinding[] {
  if (wanted.seq > head.seq) {
    const message = `it ends with line ${head.seq}, and ${says} names line ${wanted.seq}`;
    return [finding('truncated', null, message)];
  }
  if (digests.get(wanted.seq) === wanted.digest) return [];
  return [finding('not-in-log', null, `line ${wanted.seq} is another one than ${says} names`)];
}

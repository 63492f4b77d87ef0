/** The audit log as people read it: a line for each thing that was asked, with what came of it. */
import { type AuditEntry, type AuditEvent, type AuditLine, auditLineSchema } from '../../wire/audit.ts';
import { parseJson } from './parse-json.ts';
import type { RawLine } from './read.ts';

export type Wish = { since?: string | undefined; limit: number };

/** Newest first. Lines that are no lines are for `verify` to tell. */
export async function entriesOf(
  lines: AsyncIterable<RawLine>,
  { since, limit }: Wish,
): Promise<AuditEntry[]> {
  const after = since === undefined ? 0 : Date.parse(since);
  let entries: AuditEntry[] = [];
  const open = new Map<string, AuditEntry>();
  for await (const { bytes } of lines) {
    const line = auditLineSchema.safeParse(parseJson(bytes.toString('utf8'))).data;
    if (line === undefined) continue;
    if (line.event === 'answered') {
      Object.assign(open.get(line.request) ?? {}, answerOf(line));
      open.delete(line.request);
      continue;
    }
    if (Date.parse(line.at) < after) continue;
    const entry = entryOf(line);
    entries.push(entry);
    if (line.event === 'asked') open.set(line.request, entry);
    if (entries.length > 2 * limit) entries = entries.slice(-limit);
  }
  return entries.slice(-limit).reverse();
}

type Answered = Extract<AuditEvent, { event: 'answered' }>;

const answerOf = ({ status, code, operation }: Answered): Partial<AuditEntry> => ({
  outcome: outcomeOf(status),
  ...{ code, operation },
});

function outcomeOf(status: number): AuditEntry['outcome'] {
  if (status === 202) return 'accepted';
  if (status < 400) return 'done';
  return status < 500 ? 'refused' : 'failed';
}

function entryOf(line: AuditLine & Exclude<AuditEvent, Answered>): AuditEntry {
  const { seq, at } = line;
  const nothing = { params: {}, query: {}, body: {}, untold: [], code: null, operation: null };
  switch (line.event) {
    case 'asked': {
      const { who, from, route, params, query, body, untold } = line;
      const asked = { who, from, what: route, params, query, body, untold };
      return { seq, at, ...nothing, ...asked, outcome: 'unknown' };
    }
    case 'refused':
      return {
        ...{ seq, at, ...nothing, who: line.who, from: line.from },
        ...{ what: line.route, outcome: 'refused', code: line.code },
      };
    case 'locked-out': {
      const { from, attempts } = line;
      const rest = { what: 'locked-out', outcome: 'done', body: { attempts } } as const;
      return { seq, at, ...nothing, who: { kind: 'control' }, from, ...rest };
    }
    case 'mended': {
      const { what, bytes } = line;
      const rest = { what: 'mended', outcome: 'done', body: { found: what, bytes } } as const;
      return { seq, at, ...nothing, who: { kind: 'control' }, from: 'control', ...rest };
    }
  }
}

/** The audit log, read and verified. */
import { entriesOf } from '../audit/list.ts';
import type { AuditLog } from '../audit/log.ts';
import { linesOf } from '../audit/read.ts';
import { verifyLog } from '../audit/verify.ts';
import type { Handlers } from './handlers.ts';

export const auditHandlers = (audit: AuditLog): Handlers<'audit.list' | 'audit.verify'> => ({
  'audit.list': ({ query }) => {
    const { file, bytes } = audit.end;
    return entriesOf(linesOf(file, bytes), query);
  },
  async 'audit.verify'({ query: { anchorSeq: seq, anchorDigest: digest } }) {
    const { file, bytes } = audit.end;
    const signed = audit.signedHead();
    const anchor = seq === undefined || digest === undefined ? undefined : { seq, digest };
    const verification = await verifyLog(linesOf(file, bytes), { signed, anchor });
    return { ok: verification.findings.length === 0, ...verification };
  },
});

/** Routes of the audit log. */
import { z } from 'zod';
import { admin } from '../access.ts';
import { auditEntrySchema, auditFindingSchema, auditHeadSchema } from '../audit.ts';
import { digestSchema } from '../names.ts';
import { route } from './route.ts';

export const auditVerificationSchema = z.object({
  /** Nothing was found. */
  ok: z.boolean(),
  lines: z.int(),
  /** The last line: to be written down elsewhere, and given to a later verification as its anchor. */
  head: auditHeadSchema,
  findings: z.array(auditFindingSchema),
});
export type AuditVerification = z.infer<typeof auditVerificationSchema>;

const seq = z.coerce.number().int().min(1);

export const auditRoutes = {
  'audit.list': route(
    'GET /audit',
    200,
    'What was asked of control, newest first',
    z.array(auditEntrySchema),
    {
      needs: admin,
      query: z.object({
        since: z.iso.datetime().optional(),
        limit: z.coerce.number().int().min(1).max(10_000).default(100),
      }),
    },
  ),
  'audit.verify': route(
    'GET /audit/verification',
    200,
    'Whether the audit log is what was written',
    auditVerificationSchema,
    {
      needs: admin,
      query: z
        .object({ anchorSeq: seq, anchorDigest: digestSchema })
        .partial()
        .refine(({ anchorSeq, anchorDigest }) => (anchorSeq === undefined) === (anchorDigest === undefined), {
          message: 'an anchor is a number and a digest',
        }),
    },
  ),
} as const;

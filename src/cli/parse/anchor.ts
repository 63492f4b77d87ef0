/** The end of an audit log as somebody wrote it down: `120:sha256:…`. */
import { InvalidArgumentError } from 'commander';
import { type AuditHead, auditHeadSchema } from '../../wire/audit.ts';

export const anchorText = ({ seq, digest }: AuditHead): string => `${seq}:${digest}`;

export function parseAnchor(text: string): AuditHead {
  const [, seq, digest] = /^(\d{1,15}):(.*)$/.exec(text.trim()) ?? [];
  const parsed = auditHeadSchema.safeParse({ seq: Number(seq), digest });
  if (parsed.success && parsed.data.seq > 0) return parsed.data;
  throw new InvalidArgumentError('Write it as `blanket audit verify` printed it: NUMBER:sha256:DIGEST.');
}

/** The head of the audit log, signed with the installation's key and kept beside the log, whole at any moment. */
import { sign, verify } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { type AuditHead, auditHeadSchema, auditHeadType, signedHeadSchema } from '../../wire/audit.ts';
import { keyIdOf, preAuthEncoding } from '../../wire/dsse.ts';
import { canonicalJson } from '../proof/canonical-json.ts';
import type { SigningKey } from '../proof/signing-key.ts';
import { parseJson } from './parse-json.ts';

/** Under its name only when it is whole and on the disk. */
export function writeHead(file: string, head: AuditHead, { privateKey, publicKey }: SigningKey): void {
  const body = Buffer.from(canonicalJson(head));
  const sig = sign(null, preAuthEncoding(auditHeadType, body), privateKey).toString('base64');
  const signatures = [{ keyid: keyIdOf(publicKey), sig }];
  const draft = `${file}.new`;
  const handle = openSync(draft, 'w', 0o600);
  try {
    const envelope = { payloadType: auditHeadType, payload: body.toString('base64'), signatures };
    writeSync(handle, `${JSON.stringify(envelope)}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(draft, file);
  syncDirectory(dirname(file));
}

/** A name that was made or changed is on the disk only once its directory is. */
export function syncDirectory(directory: string): void {
  const handle = openSync(directory, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** `bad`: it is no head, or this installation has not signed it. */
export function readHead(
  file: string,
  { publicKey }: Pick<SigningKey, 'publicKey'>,
): AuditHead | 'none' | 'bad' {
  if (!existsSync(file)) return 'none';
  const envelope = signedHeadSchema.safeParse(parseJson(readFileSync(file, 'utf8'))).data;
  if (envelope === undefined || envelope.payloadType !== auditHeadType) return 'bad';
  const body = Buffer.from(envelope.payload, 'base64');
  const signed = preAuthEncoding(auditHeadType, body);
  const good = envelope.signatures.some(({ sig }) =>
    verify(null, signed, publicKey, Buffer.from(sig, 'base64')),
  );
  return (good && auditHeadSchema.safeParse(parseJson(body.toString('utf8'))).data) || 'bad';
}

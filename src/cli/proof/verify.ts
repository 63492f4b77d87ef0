/** Checks a signed record of a move: pure, offline, with nothing but the file's text and a public key. */
import { createPublicKey, type KeyObject, verify as verifyBytes } from 'node:crypto';
import { type Envelope, envelopeSchema, keyIdOf, preAuthEncoding } from '../../wire/dsse.ts';
import { BlanketError } from '../../wire/errors.ts';
import { type Move, movePayloadType, moveStatementSchema } from '../../wire/move-proof.ts';

export type Verified = { keyId: string; move: Move };

const wrong = (code: string, message: string, next?: string, data?: Record<string, unknown>) =>
  new BlanketError(`proof.${code}`, message, { next, data });

/** @throws BlanketError `proof.bad-key` */
export function publicKeyFrom(pem: string, file: string): KeyObject {
  try {
    // A private key would do as well, and has no business in a check.
    if (!pem.includes('PRIVATE KEY')) {
      const key = createPublicKey(pem);
      if (key.asymmetricKeyType === 'ed25519') return key;
    }
  } catch {
    // told below, in one form with a key of another kind
  }
  throw wrong(
    'bad-key',
    `${file} holds no Ed25519 public key in PEM.`,
    '`blanket proof key` prints the right one.',
  );
}

/**
 * @throws BlanketError `proof.unreadable` (not JSON, or cut off), `proof.not-a-record`, `proof.other-key`, `proof.changed`,
 * `proof.unknown-content`
 */
export function verifyProof(text: string, publicKey: KeyObject): Verified {
  const envelope = envelopeIn(text);
  const body = Buffer.from(envelope.payload, 'base64');
  const signed = preAuthEncoding(envelope.payloadType, body);
  const keyId = keyIdOf(publicKey);
  // A key id is only a hint (DSSE, envelope.md): every signature is tried.
  const good = envelope.signatures.some(({ sig }) =>
    verifyBytes(null, signed, publicKey, Buffer.from(sig, 'base64')),
  );
  if (!good) throw unsigned(envelope, keyId);
  return { keyId, move: moveIn(envelope.payloadType, body) };
}

function envelopeIn(text: string): Envelope {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong('unreadable', 'This is no record of a move: it is not JSON, or it was cut off.');
  }
  const parsed = envelopeSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw wrong(
    'not-a-record',
    'This is no record of a move: it is JSON, but no signed envelope (DSSE).',
    'Take it as `blanket op show ID --proof` prints it.',
  );
}

function unsigned({ signatures }: Envelope, keyId: string): BlanketError {
  const by = signatures.map(({ keyid }) => keyid);
  if (by.includes(keyId)) {
    const message = 'This record was changed after it was signed: the signature does not fit what it says.';
    return wrong('changed', message, 'Trust nothing in it.', { keyId });
  }
  const message = `This record was signed with another key: it names ${by.join(', ')}, the one given is ${keyId}.`;
  return wrong('other-key', message, 'Give the public key of the installation that made it with --key.', {
    keyId,
    signedBy: by,
  });
}

function moveIn(payloadType: string, body: Buffer): Move {
  const parsed = payloadType === movePayloadType ? moveStatementSchema.safeParse(parse(body)) : undefined;
  if (parsed?.success) return parsed.data.predicate;
  throw wrong(
    'unknown-content',
    'The signature is good, but what was signed is no record of a move that this version knows.',
    'Verify it with the version of Blanket that made it.',
  );
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined; // judged by the schema
  }
}

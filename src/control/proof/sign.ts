/** A statement, signed. */
import { sign as signBytes } from 'node:crypto';
import { type Envelope, keyIdOf, preAuthEncoding } from '../../wire/dsse.ts';
import { type Move, movePayloadType, moveStatement } from '../../wire/move-proof.ts';
import { canonicalJson } from './canonical-json.ts';
import type { SigningKey } from './signing-key.ts';

export function signMove(move: Move, { privateKey, publicKey }: SigningKey): Envelope {
  const body = Buffer.from(canonicalJson(moveStatement(move)));
  const sig = signBytes(null, preAuthEncoding(movePayloadType, body), privateKey);
  return {
    payloadType: movePayloadType,
    payload: body.toString('base64'),
    signatures: [{ keyid: keyIdOf(publicKey), sig: sig.toString('base64') }],
  };
}

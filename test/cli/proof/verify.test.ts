import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import { publicKeyFrom, verifyProof } from '../../../src/cli/proof/verify.ts';
import { moveOf } from '../../../src/control/proof/move.ts';
import { signMove } from '../../../src/control/proof/sign.ts';
import type { Envelope } from '../../../src/wire/dsse.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import { known } from '../../control/proof/a-move.ts';

const keys = generateKeyPairSync('ed25519');
const others = generateKeyPairSync('ed25519');
const envelope = signMove(moveOf(known()), keys);
const text = JSON.stringify(envelope);

const codeOf = (of: string, key = keys.publicKey): string | undefined => {
  try {
    verifyProof(of, key);
    return undefined;
  } catch (error) {
    return error instanceof BlanketError ? error.code : String(error);
  }
};

test('a record verifies with the key it was signed with, also written otherwise', (t) => {
  t.is(verifyProof(text, keys.publicKey).move.guest.name, 'web1');
  t.is(codeOf(JSON.stringify(envelope, undefined, 2)), undefined);
});

test('another key, a changed word and a changed type are told apart', (t) => {
  t.is(codeOf(text, others.publicKey), 'proof.other-key');
  const said = Buffer.from(envelope.payload, 'base64').toString();
  const changed = said.replace('"downtimeMs":351', '"downtimeMs":35');
  t.not(changed, said);
  const payload = Buffer.from(changed).toString('base64');
  t.is(codeOf(JSON.stringify({ ...envelope, payload })), 'proof.changed');
  t.is(codeOf(JSON.stringify({ ...envelope, payloadType: 'text/plain' })), 'proof.changed');
});

test('a key id is only a hint', (t) => {
  const signatures = envelope.signatures.map(({ sig }) => ({ keyid: 'whoever', sig }));
  t.is(codeOf(JSON.stringify({ ...envelope, signatures })), undefined);
  t.is(codeOf(JSON.stringify({ ...envelope, signatures }), others.publicKey), 'proof.other-key');
});

test('a good signature on what is no record proves nothing', (t) => {
  const odd = signMove({ ...moveOf(known()), totalMs: 'long' as never }, keys);
  t.is(codeOf(JSON.stringify(odd)), 'proof.unknown-content');
});

test('a record cut off anywhere is unreadable', (t) => {
  fc.assert(
    fc.property(fc.nat(text.length - 1), (length) => t.is(codeOf(text.slice(0, length)), 'proof.unreadable')),
  );
});

test('no flipped bit of payload or signature passes', (t) => {
  const flip = (base64: string, at: number, bit: number): string => {
    const bytes = Buffer.from(base64, 'base64');
    const index = at % bytes.length;
    bytes[index] = (bytes[index] ?? 0) ^ (1 << bit);
    return bytes.toString('base64');
  };
  const [first] = envelope.signatures as [Envelope['signatures'][0]];
  fc.assert(
    fc.property(fc.nat(), fc.nat(7), fc.boolean(), (at, bit, inPayload) => {
      const changed = inPayload
        ? { ...envelope, payload: flip(envelope.payload, at, bit) }
        : { ...envelope, signatures: [{ ...first, sig: flip(first.sig, at, bit) }] };
      t.is(codeOf(JSON.stringify(changed)), 'proof.changed');
    }),
  );
});

test('rubbish is rubbish, with a code of its own', (t) => {
  fc.assert(
    fc.property(fc.string(), (rubbish) =>
      t.regex(codeOf(rubbish) ?? '', /^proof\.(unreadable|not-a-record)$/),
    ),
  );
  fc.assert(fc.property(fc.json(), (rubbish) => t.is(codeOf(rubbish), 'proof.not-a-record')));
});

test('only an Ed25519 public key checks a record', (t) => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
  const secret = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  for (const pem of ['', 'rubbish', secret, rsa.export({ type: 'spki', format: 'pem' }).toString()]) {
    t.throws(() => publicKeyFrom(pem, 'file'), { code: 'proof.bad-key' });
  }
  const own = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  t.true(publicKeyFrom(own, 'file').equals(createPublicKey(own)));
});

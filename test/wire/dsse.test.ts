import { createPublicKey } from 'node:crypto';
import test from 'ava';
import { keyIdOf, preAuthEncoding } from '../../src/wire/dsse.ts';

test('what is signed is the example of the specification', (t) => {
  const encoded = preAuthEncoding('http://example.com/HelloWorld', Buffer.from('hello world'));
  t.is(encoded.toString(), 'DSSEv1 29 http://example.com/HelloWorld 11 hello world');
});

test('lengths are of bytes, not of characters', (t) => {
  t.is(preAuthEncoding('ä', Buffer.from('€')).toString(), 'DSSEv1 2 ä 3 €');
});

test('a key has the id that openssl tells of it', (t) => {
  // openssl pkey -pubin -in key.pem -outform DER | sha256sum, with the key of RFC 8410, 10.1
  const key = createPublicKey(
    '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n',
  );
  t.is(keyIdOf(key), 'sha256:a1e9156054e04fac899ae9f275132cdc07a5dbc4ea2c2ad3a1ffc6e0d253681f');
});

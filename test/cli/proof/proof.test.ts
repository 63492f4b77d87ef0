import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { moveOf } from '../../../src/control/proof/move.ts';
import { signMove } from '../../../src/control/proof/sign.ts';
import { publicPem, signingKey } from '../../../src/control/proof/signing-key.ts';
import { keyIdOf } from '../../../src/wire/dsse.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import { fakeControl } from '../../api-client/fake-control.ts';
import { known } from '../../control/proof/a-move.ts';
import { runBlanket } from '../run-blanket.ts';

test('a record is printed, checked without control, and refused when it was touched', async (t) => {
  const fake = await fakeControl(t);
  const key = signingKey(fake.directory);
  const envelope = signMove(moveOf(known()), key);
  fake.handlers['op.proof'] = () => envelope;
  const shown = await runBlanket(fake, ['op', 'show', 'op-1', '--proof']);
  t.is(shown.code, 0, shown.stderr);
  t.deepEqual(JSON.parse(shown.stdout), envelope);
  await fake.stop();

  const file = join(fake.directory, 'move.json');
  await writeFile(file, shown.stdout);
  const good = await runBlanket(fake, ['proof', 'verify', file]);
  t.is(good.code, 0, good.stderr);
  t.regex(good.stdout, /^signature: +good, by sha256:/m);
  t.regex(good.stdout, /^from: +a1 .*QEMU 10\.0\.2/m);
  t.regex(good.stdout, /^disk: +as QEMU's mirror reported it/m);
  t.regex(good.stdout, /^guest's clock: +not known\. Nobody/m);

  await writeFile(file, shown.stdout.slice(0, -40));
  const cut = await runBlanket(fake, ['proof', 'verify', file, '-o', 'json']);
  t.is(cut.code, 1);
  t.is(cut.stdout, '');
  t.regex(cut.stderr, /code: proof\.unreadable/);

  await rm(join(fake.directory, 'proof'), { recursive: true });
  const keyless = await runBlanket(fake, ['proof', 'verify', file]);
  t.is(keyless.code, 2);
  t.regex(keyless.stderr, /code: proof\.no-key[\s\S]*--key/);
});

test('proof key prints PEM alone on stdout; an operation without a record is not found', async (t) => {
  const fake = await fakeControl(t);
  const { publicKey } = signingKey(fake.directory);
  fake.handlers['proof.key'] = () => ({ keyId: keyIdOf(publicKey), publicKey: publicPem(publicKey) });
  fake.handlers['op.proof'] = () => {
    throw new BlanketError('proof.none', 'None.', { kind: 'not-found' });
  };
  const { code, stdout, stderr } = await runBlanket(fake, ['proof', 'key']);
  t.is(code, 0);
  t.is(stdout, publicPem(publicKey));
  t.regex(stderr, /sha256:[0-9a-f]{64}/);
  t.is((await runBlanket(fake, ['op', 'show', 'op-1', '--proof'])).code, 3);
});

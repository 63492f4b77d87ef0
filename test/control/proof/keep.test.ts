import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { proofHandlers } from '../../../src/control/api/proof-handlers.ts';
import type { MigrateState } from '../../../src/control/migrate/state.ts';
import { keepProof } from '../../../src/control/proof/keep.ts';
import { signingKey } from '../../../src/control/proof/signing-key.ts';
import { type Envelope, envelopeSchema } from '../../../src/wire/dsse.ts';
import { moveStatementSchema } from '../../../src/wire/move-proof.ts';
import { guestRecord } from '../fleet/rig.ts';
import { rig } from '../network/rig.ts';
import { known, operation, result } from './a-move.ts';

function folder(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'blanket-proof-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  return directory;
}

function ended(t: ExecutionContext) {
  const own = rig(t);
  own.store.guests.insert(guestRecord('web1', 'b1', {}));
  own.store.operations.insert({ ...operation, name: operation.id, flowState: {} });
  const ask = (id: string) => {
    const handler = proofHandlers(own.services)['op.proof'];
    return handler({ params: { id }, query: {}, body: {} }) as Envelope;
  };
  return { ...own, ask };
}

test('the record of a migration that is done is kept with its operation, and says what it does not know', (t) => {
  const { services, ask, operations } = ended(t);
  t.deepEqual(keepProof(services, known().state, operation, result), []);
  const { payload } = envelopeSchema.parse(ask(operation.id));
  const { predicate, subject } = moveStatementSchema.parse(
    JSON.parse(Buffer.from(payload, 'base64').toString()),
  );
  t.like(predicate, {
    operation: operation.id,
    downtimeMs: 351,
    disk: { verifiedBy: 'mirror', source: null },
  });
  t.like(subject[0], { name: 'guest/web1' });
  t.is(predicate.source.versions?.qemu, '10.0.2');
  t.deepEqual(Object.keys(predicate.unknown).sort(), [
    'clockStepMs',
    'destination.versions',
    'disk',
    'predicted',
  ]);
  t.false('proof' in operations.show(operation.id), 'an operation is shown without it');
});

test("the step of the guest's clock is in the record, or why it is not known", (t) => {
  const { services, ask } = ended(t);
  const recorded = (clockStep: MigrateState['clockStep']) => {
    t.deepEqual(
      keepProof(services, { ...known().state, ...(clockStep && { clockStep }) }, operation, result),
      [],
    );
    const { payload } = envelopeSchema.parse(ask(operation.id));
    return moveStatementSchema.parse(JSON.parse(Buffer.from(payload, 'base64').toString())).predicate;
  };
  const read = recorded({ stepMs: -12, uncertaintyMs: 4 });
  t.like(read, { clockStepMs: -12, clockStepUncertaintyMs: 4 });
  t.false('clockStepMs' in read.unknown);
  const unread = recorded({ unread: 'No guest agent answers in web1.' });
  t.like(unread, { clockStepMs: null, unknown: { clockStepMs: 'No guest agent answers in web1.' } });
});

test('an operation without one says why', (t) => {
  const { ask, store } = ended(t);
  const why = (change: object) => {
    store.operations.update(operation.id, change);
    return t.throws(() => ask(operation.id), { code: 'proof.none' })?.message ?? '';
  };
  t.regex(why({}), /still under way/);
  t.regex(why({ state: 'rolled-back' }), /did not go over/);
  t.regex(why({ kind: 'guest.start' }), /only migrations/);
});

test('a migration whose record cannot be signed is told so, and done all the same', (t) => {
  const { services } = ended(t);
  signingKey(services.paths.state);
  writeFileSync(join(services.paths.state, 'proof', 'ed25519.pem'), 'rubbish');
  const [problem, ...rest] = keepProof(services, known().state, operation, result);
  t.is(problem?.code, 'proof.not-signed');
  t.deepEqual(rest, []);
});

test('the key is made once, for its owner alone', (t) => {
  const state = folder(t);
  const first = signingKey(state).publicKey;
  t.true(signingKey(state).publicKey.equals(first));
  t.is(statSync(join(state, 'proof', 'ed25519.pem')).mode & 0o777, 0o600);
  t.is(statSync(join(state, 'proof')).mode & 0o777, 0o700);
  t.regex(readFileSync(join(state, 'proof', 'ed25519.pub.pem'), 'utf8'), /BEGIN PUBLIC KEY/);
});

test('what a crash left of a key being made is made new, and not readable for others', (t) => {
  const state = folder(t);
  signingKey(state);
  rmSync(join(state, 'proof', 'ed25519.pem'));
  writeFileSync(join(state, 'proof', 'ed25519.new'), 'half a k');
  chmodSync(join(state, 'proof', 'ed25519.new'), 0o644);
  t.notThrows(() => signingKey(state));
  t.is(statSync(join(state, 'proof', 'ed25519.pem')).mode & 0o777, 0o600);
});

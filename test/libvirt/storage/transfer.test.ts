/** When a volume's streams finish, and what becomes of their connection: daemons on demand. */
import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import type { Connection } from '../../../src/libvirt/connection.ts';
import { LibvirtConnectionError, LibvirtError } from '../../../src/libvirt/errors.ts';
import { type Frame, messageTypes, statuses } from '../../../src/libvirt/frame.ts';
import type { Procedure } from '../../../src/libvirt/procedure.ts';
import { volumeCalls } from '../../../src/libvirt/procedures/storage.ts';
import type { Volume } from '../../../src/libvirt/storage/volume.ts';
import { decode } from '../../../src/libvirt/xdr.ts';
import { type Client, connected } from '../scripted-daemon.ts';

const volumeOf = ({ storage }: Connection): Volume => storage.volume({ pool: 'p', name: 'v', key: '/p/v' });

type Started<S> = { opening: Promise<S>; client: Client; call: Frame };

/** A stream that is being opened, and the daemon's end of its own connection. */
async function begin<S>(
  t: ExecutionContext,
  procedure: Procedure<unknown, unknown>,
  open: (volume: Volume) => Promise<S>,
): Promise<Started<S>> {
  const { connection, double } = await connected(t);
  const opening = open(volumeOf(connection));
  opening.catch(() => undefined); // looked at later
  while (double.clients[1] === undefined) await new Promise((resolve) => setImmediate(resolve));
  const [, client] = double.clients;
  return { opening, client, call: await client.call(procedure) };
}

const { storageVolUpload, storageVolDownload } = volumeCalls;
const beginUpload = (t: ExecutionContext) => begin(t, storageVolUpload, (volume) => volume.upload());
const beginDownload = (t: ExecutionContext, signal?: AbortSignal) =>
  begin(t, storageVolDownload, (volume) => volume.download({}, { signal }));

const says =
  (client: Client, { serial, procedure }: Frame) =>
  (status: number, text: string) =>
    client.send({ type: messageTypes.stream, serial, procedure, status, payload: Buffer.from(text) });

const streamMessage = (wanted: number) => (frame: Frame) =>
  frame.type === messageTypes.stream && frame.status === wanted;

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

test('an upload finishes when the daemon says so, and not before', async (t) => {
  const { opening, client, call } = await beginUpload(t);
  client.reply(call, storageVolUpload, undefined);
  const stream = await opening;
  let isFinished = false;
  const closed = once(
    stream.on('finish', () => (isFinished = true)),
    'close',
  );
  stream.end('all');
  await client.message(streamMessage(statuses.ok));
  await turns(20);
  t.false(isFinished);
  says(client, call)(statuses.ok, '');
  await closed;
  t.true(isFinished);
  await once(client.socket, 'close');
});

test('what the daemon refuses at the end is the error of the upload', async (t) => {
  const { opening, client, call } = await beginUpload(t);
  client.reply(call, storageVolUpload, undefined);
  const stream = await opening;
  const failed = once(stream, 'finish');
  stream.end('all');
  await client.message(streamMessage(statuses.ok));
  client.refuse(call, 38, 'the disk is full', messageTypes.stream);
  t.like(await t.throwsAsync(failed, { instanceOf: LibvirtError }), {
    message: 'the disk is full',
    procedure: 'storageVolUpload',
  });
  await once(client.socket, 'close');
});

test('a download ends when the daemon says so, and not before', async (t) => {
  const { opening, client, call } = await beginDownload(t);
  client.reply(call, storageVolDownload, undefined);
  const stream = await opening;
  let [text, isEnded] = ['', false];
  const closed = once(
    stream.on('data', (piece) => (text += String(piece))).on('end', () => (isEnded = true)),
    'close',
  );
  const say = says(client, call);
  say(statuses.continue, 'all');
  say(statuses.continue, '');
  await client.message(streamMessage(statuses.ok));
  await turns(20);
  t.deepEqual([text, isEnded], ['all', false]);
  say(statuses.ok, '');
  await closed;
  t.true(isEnded);
  await once(client.socket, 'close');
});

test('what fails half-way is the error of the download', async (t) => {
  const { opening, client, call } = await beginDownload(t);
  client.reply(call, storageVolDownload, undefined);
  const stream = await opening;
  stream.resume();
  says(client, call)(statuses.continue, 'a part');
  client.refuse(call, 38, 'the disk is broken', messageTypes.stream);
  const failed = await t.throwsAsync(once(stream, 'end'), { instanceOf: LibvirtError });
  t.is(failed?.message, 'the disk is broken');
  await once(client.socket, 'close');
});

/** A daemon's hole, of a length as it stands on the wire. */
const sayHole = (client: Client, { serial, procedure }: Frame, length: bigint) => {
  const payload = Buffer.alloc(12);
  payload.writeBigInt64BE(length);
  client.send({ type: messageTypes.streamHole, serial, procedure, status: statuses.continue, payload });
};

test('a hole is read as its zeros, at the pace of the reader', async (t) => {
  const { opening, client, call } = await begin(t, storageVolDownload, (volume) =>
    volume.download({ sparse: true }),
  );
  t.is(decode(storageVolDownload.args, call.payload).flags, 1);
  client.reply(call, storageVolDownload, undefined);
  const stream = await opening;
  const say = says(client, call);
  say(statuses.continue, 'before');
  sayHole(client, call, 3_000_001n);
  say(statuses.continue, 'behind');
  say(statuses.continue, '');
  void client.message(streamMessage(statuses.ok)).then(() => say(statuses.ok, ''));
  await once(stream, 'readable');
  await turns(50);
  t.true(stream.readableLength < 1_000_000);
  const bytes = Buffer.concat((await stream.toArray()) as Buffer[]);
  t.true(
    bytes.equals(Buffer.concat([Buffer.from('before'), Buffer.alloc(3_000_001), Buffer.from('behind')])),
  );
});

test('a hole that was not asked for or cannot be fails the stream alone', async (t) => {
  for (const [sparse, length] of [
    [false, 5n],
    [true, -5n],
  ] as const) {
    const { opening, client, call } = await begin(t, storageVolDownload, (volume) =>
      volume.download({ sparse }),
    );
    client.reply(call, storageVolDownload, undefined);
    const stream = await opening;
    stream.resume();
    const ended = t.throwsAsync(once(stream, 'end'), { instanceOf: LibvirtConnectionError });
    sayHole(client, call, length);
    t.like(await ended, { reason: 'protocol' });
    client.socket.destroy();
  }
});

test('an upload sends blocks of zeros as holes, in their order, when told to', async (t) => {
  const { opening, client, call } = await begin(t, storageVolUpload, (volume) =>
    volume.upload({ sparse: true }),
  );
  t.is(decode(storageVolUpload.args, call.payload).flags, 1);
  client.reply(call, storageVolUpload, undefined);
  const stream = await opening;
  const closed = once(stream, 'finish');
  stream.write(Buffer.concat([Buffer.from('x'.repeat(4096)), Buffer.alloc(8192)]));
  stream.write(Buffer.alloc(4096));
  stream.write(Buffer.from('end'));
  stream.end(Buffer.alloc(10));
  await client.message(streamMessage(statuses.ok));
  const seen = client.received
    .filter(({ serial, type }) => serial === call.serial && type !== messageTypes.call)
    .map(({ type, payload, status }) => {
      if (status === statuses.ok) return 'end';
      return type === messageTypes.streamHole ? payload.readBigInt64BE() : payload.length;
    });
  t.deepEqual(seen, [4096, 12_288n, 3, 10n, 'end']);
  says(client, call)(statuses.ok, '');
  await closed;
});

test('a refused stream leaves no connection', async (t) => {
  const { opening, client, call } = await beginUpload(t);
  client.refuse(call, 50, 'no such volume');
  t.like(await t.throwsAsync(opening, { instanceOf: LibvirtError }), { codeName: 'noStorageVolume' });
  if (!client.socket.destroyed) await once(client.socket, 'close');
  t.true(client.socket.destroyed);
});

test('a stream that is given up leaves no connection, even if the daemon says nothing', async (t) => {
  const controller = new AbortController();
  const { opening, client, call } = await beginDownload(t, controller.signal);
  client.reply(call, storageVolDownload, undefined);
  const stream = await opening;
  const failed = t.throwsAsync(once(stream, 'end'));
  controller.abort();
  t.is((await failed)?.name, 'AbortError');
  await client.message(streamMessage(statuses.error));
  await once(client.socket, 'close');
});

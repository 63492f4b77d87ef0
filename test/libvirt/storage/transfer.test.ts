/** When a volume's streams finish, and what becomes of their connection: daemons on demand. */
import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import type { Connection } from '../../../src/libvirt/connection.ts';
import { LibvirtError } from '../../../src/libvirt/errors.ts';
import { type Frame, messageTypes, statuses } from '../../../src/libvirt/frame.ts';
import type { Procedure } from '../../../src/libvirt/procedure.ts';
import { volumeCalls } from '../../../src/libvirt/procedures/storage.ts';
import type { Volume } from '../../../src/libvirt/storage/volume.ts';
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

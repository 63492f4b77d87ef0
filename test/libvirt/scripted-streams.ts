/** Streams of the daemon's double: a console on its own connection, and a download with holes on a shared one. */
import type { Duplex } from 'node:stream';
import type { ExecutionContext } from 'ava';
import type { CallOptions } from '../../src/libvirt/call.ts';
import { type Frame, messageTypes, statuses } from '../../src/libvirt/frame.ts';
import { domainCalls } from '../../src/libvirt/procedures/domain.ts';
import { volumeCalls } from '../../src/libvirt/procedures/storage.ts';
import { streamHole } from '../../src/libvirt/stream-pieces.ts';
import { encode } from '../../src/libvirt/xdr.ts';
import { type Client, callerOf, connected, domainHandle } from './scripted-daemon.ts';

export const isStream = ({ type }: Frame): boolean => type === messageTypes.stream;

export type Opened = {
  stream: Duplex;
  client: Client;
  call: Frame;
  say: (status: number, text?: string) => void;
};

/** A console on a connection of its own; `client` is the daemon's end of it. */
export async function openConsole(t: ExecutionContext, options?: CallOptions): Promise<Opened> {
  const { connection, double } = await connected(t);
  const opening = connection.domain(domainHandle).openConsole({}, options);
  while (double.clients[1] === undefined) await new Promise((resolve) => setImmediate(resolve));
  const client = double.clients[1];
  const call = await client.call(domainCalls.domainOpenConsole);
  client.reply(call, domainCalls.domainOpenConsole, undefined);
  const { serial, procedure } = call;
  const say = (status: number, text = '') =>
    client.send({ type: messageTypes.stream, serial, procedure, status, payload: Buffer.from(text) });
  return { stream: await opening, client, call, say };
}

export const closeOf = (stream: Duplex): Promise<Error | undefined> =>
  new Promise((resolve) => {
    let failure: Error | undefined;
    stream.on('error', (error) => {
      failure = error;
    });
    stream.on('close', () => resolve(failure));
  });

/** Sends pieces of 256 KiB until the other end takes no more or `until` holds. */
export async function flood(
  { client, call }: Pick<Opened, 'client' | 'call'>,
  until: () => boolean,
): Promise<void> {
  const { serial, procedure } = call;
  const payload = Buffer.alloc(262_120, 0x62);
  while (!until() && !client.socket.destroyed) {
    client.send({ type: messageTypes.stream, serial, procedure, status: statuses.continue, payload });
    while (client.socket.writableNeedDrain && !client.socket.destroyed) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** A stream with holes, on a connection that it shares. */
export async function openSparse(t: ExecutionContext) {
  const { caller, client, transport } = await callerOf(t);
  const args = { vol: { pool: 'p', name: 'v', key: 'k' }, offset: 0, length: 0, flags: 0 };
  const opening = caller.openStream(volumeCalls.storageVolDownload, args, { holes: true });
  const call = await client.call(volumeCalls.storageVolDownload);
  client.reply(call, volumeCalls.storageVolDownload, undefined);
  const { serial, procedure } = call;
  const say = (payload: Buffer, type: number = messageTypes.stream) =>
    client.send({ type, serial, procedure, status: statuses.continue, payload });
  const hole = (length: number) => say(encode(streamHole, { length, flags: 0 }), messageTypes.streamHole);
  return { stream: await opening, client, call, say, hole, transport };
}

/** Subscriptions that are given up, shared, or outlived by nothing: what the daemon is asked for, and in which order. */
import { setImmediate as tick } from 'node:timers/promises';
import test from 'ava';
import { type Frame, messageTypes } from '../../src/libvirt/frame.ts';
import { eventCalls, eventMessages } from '../../src/libvirt/procedures/events.ts';
import { decode, encode } from '../../src/libvirt/xdr.ts';
import { type Client, connected, domainHandle as dom } from './scripted-daemon.ts';

const {
  connectDomainEventCallbackRegisterAny: register,
  connectDomainEventCallbackDeregisterAny: deregister,
} = eventCalls;

/** What was asked for, in order. */
const asked = ({ received }: Client): Frame[] =>
  received.filter(({ procedure }) => [register.number, deregister.number].includes(procedure));

/** The request with this index. */
async function request(client: Client, index: number): Promise<Frame> {
  for (let round = 0; round < 10_000; round += 1) {
    const frame = asked(client)[index];
    if (frame !== undefined) return frame;
    await tick();
  }
  throw new Error(`Request ${index} never came.`);
}

function reboot(client: Client, callback: number): void {
  const { number: procedure, codec } = eventMessages.reboot;
  client.send({ type: messageTypes.message, procedure, payload: encode(codec, { callback, dom }) });
}

test('a subscription that is given up is taken back, and the same may be wanted again', async (t) => {
  const { connection, client } = await connected(t);
  const controller = new AbortController();
  const signal = controller.signal;
  const givenUp = connection.events.on('reboot', () => t.fail('given up'), { signal });
  const first = await request(client, 0);
  controller.abort(new Error('enough'));
  await t.throwsAsync(givenUp, { message: 'enough' });
  const seen: string[] = [];
  const again = connection.events.on('reboot', ({ domain }) => seen.push(domain.name));
  for (let round = 0; round < 10; round += 1) await tick();
  t.is(asked(client).length, 1); // the daemon would refuse a second one beside the first
  client.reply(first, register, { callback: 3 });
  reboot(client, 3);
  await again;
  reboot(client, 3);
  while (seen.length < 2) await tick();
  t.deepEqual(seen, ['d', 'd']);
  t.is(asked(client).length, 1);
});

test('a registration that nobody waits for any more is ended', async (t) => {
  const { connection, client } = await connected(t);
  const controller = new AbortController();
  const givenUp = connection.events.on('reboot', () => t.fail('given up'), { signal: controller.signal });
  const first = await request(client, 0);
  controller.abort(new Error('enough'));
  await t.throwsAsync(givenUp, { message: 'enough' });
  client.reply(first, register, { callback: 3 });
  reboot(client, 3);
  const second = await request(client, 1);
  t.deepEqual(decode(deregister.args, second.payload), { callback: 3 });
  client.reply(second, deregister, undefined);
  const again = connection.events.on('reboot', () => undefined);
  client.reply(await request(client, 2), register, { callback: 4 });
  await again;
});

test('who waits for the registration of another may give up alone', async (t) => {
  const { connection, client } = await connected(t);
  const seen: string[] = [];
  const first = connection.events.on('reboot', () => seen.push('first'));
  const controller = new AbortController();
  const second = connection.events.on('reboot', () => seen.push('second'), { signal: controller.signal });
  controller.abort(new Error('enough'));
  await t.throwsAsync(second, { message: 'enough' });
  const aborted = connection.events.on('reboot', () => undefined, {
    signal: AbortSignal.abort(new Error('never')),
  });
  await t.throwsAsync(aborted, { message: 'never' });
  client.reply(await request(client, 0), register, { callback: 3 });
  await first;
  reboot(client, 3);
  while (seen.length < 1) await tick();
  t.deepEqual(seen, ['first']);
});

test('a subscription is ended although nobody waits until it is', async (t) => {
  const { connection, client } = await connected(t);
  const subscribing = connection.events.on('reboot', () => t.fail('ended'));
  client.reply(await request(client, 0), register, { callback: 3 });
  const { stop } = await subscribing;
  await t.throwsAsync(stop({ signal: AbortSignal.abort(new Error('no time')) }), { message: 'no time' });
  const again = connection.events.on('reboot', () => undefined);
  const goodbye = await request(client, 1);
  for (let round = 0; round < 10; round += 1) await tick();
  t.is(asked(client).length, 2); // one after the other
  client.reply(goodbye, deregister, undefined);
  client.reply(await request(client, 2), register, { callback: 4 });
  await again;
});

test('with the connection its subscriptions have ended', async (t) => {
  const { connection, client } = await connected(t);
  const subscribing = connection.events.on('reboot', () => undefined);
  client.reply(await request(client, 0), register, { callback: 3 });
  const { stop } = await subscribing;
  client.socket.destroy();
  await connection.closed;
  await t.notThrowsAsync(stop());
  await t.notThrowsAsync(stop());
});

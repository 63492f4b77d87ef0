/** Kinds of events: what is registered for each, and what its messages become. */
import { setImmediate as tick } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { eventKinds } from '../../src/libvirt/events/all-events.ts';
import type { EventKind, Events } from '../../src/libvirt/events.ts';
import { messageTypes, programs } from '../../src/libvirt/frame.ts';
import { eventCalls, eventMessages } from '../../src/libvirt/procedures/events.ts';
import { qemuCalls, qemuMessages } from '../../src/libvirt/procedures/qemu.ts';
import { type Codec, decode, encode } from '../../src/libvirt/xdr.ts';
import { type Client, connected, domainHandle as dom } from './scripted-daemon.ts';

const callback = 7;
const {
  connectDomainEventCallbackRegisterAny: register,
  connectDomainEventCallbackDeregisterAny: deregister,
} = eventCalls;

const say = <W>(client: Client, { number, codec }: { number: number; codec: Codec<W> }, wire: W) =>
  client.send({ type: messageTypes.message, procedure: number, payload: encode(codec, wire) });

/** Delivers one message of a domain's kind. */
async function delivered<K extends EventKind, W>(
  t: ExecutionContext,
  kind: K,
  message: { number: number; codec: Codec<W> },
  wire: W,
): Promise<Events[K] | undefined> {
  const { connection, client } = await connected(t);
  const events: Events[K][] = [];
  const subscribing = connection.events.on(kind, (event) => events.push(event));
  client.reply(await client.call(register), register, { callback });
  await subscribing;
  say(client, message, wire);
  const stopped = connection.hostname().catch(() => undefined);
  for (let round = 0; round < 1_000 && events.length === 0; round += 1) await tick();
  await connection.close();
  await stopped;
  return events[0];
}

test('each kind has messages of its own', (t) => {
  const kinds = Object.values(eventKinds);
  t.is(new Set(kinds.map(({ program, number }) => `${program}/${number}`)).size, kinds.length);
});

test('numbers that are newer than this client become the word unknown', async (t) => {
  const watchdog = await delivered(t, 'watchdog', eventMessages.watchdog, { callback, dom, action: 77 });
  t.deepEqual(watchdog, { domain: dom, action: 'unknown' });
  const agent = { callback, dom, state: 9, reason: 9 };
  t.like(await delivered(t, 'agent-lifecycle', eventMessages.agentLifecycle, agent), {
    state: 'unknown',
    reason: 'unknown',
  });
});

test('an event says what its message said', async (t) => {
  const wire = { callback, dom, path: '/disk', alias: 'virtio-disk0', action: 1, reason: 'enospc' };
  const event = await delivered(t, 'io-error', eventMessages.ioErrorReason, wire);
  const { path, alias, reason } = wire;
  t.deepEqual(event, { domain: dom, path, alias, action: 'pause', reason });
  const clock = { callback, dom, offset: -3600n };
  t.deepEqual(await delivered(t, 'rtc-change', eventMessages.rtcChange, clock), {
    domain: dom,
    offsetSeconds: -3600,
  });
});

test("a kind's number is registered, for one domain when asked", async (t) => {
  const { connection, client } = await connected(t);
  const subscribing = connection.events.on('device-removed', () => undefined, { domain: dom });
  const call = await client.call(register);
  t.deepEqual(decode(register.args, call.payload), { event: 15, dom });
  client.reply(call, register, { callback });
  const stopping = (await subscribing).stop();
  const goodbye = await client.call(deregister);
  t.deepEqual(decode(deregister.args, goodbye.payload), { callback });
  client.reply(goodbye, deregister, undefined);
  await stopping;
  await connection.close();
});

test('registrations of different kinds may have the same number', async (t) => {
  const { connection, client } = await connected(t);
  const seen: string[] = [];
  const onDomain = connection.events.on('reboot', () => seen.push('reboot'));
  client.reply(await client.call(register), register, { callback });
  await onDomain;
  const { qemuConnectDomainMonitorEventRegister: registerMonitor } = qemuCalls;
  const onMonitor = connection.events.on('qemu-monitor', (event) => seen.push(event.monitorEvent));
  const call = await client.message(({ program }) => program === programs.qemu);
  t.is(call.procedure, registerMonitor.number);
  const payload = encode(registerMonitor.result, { callback });
  const { serial, procedure } = call;
  client.send({ type: messageTypes.reply, program: programs.qemu, serial, procedure, payload });
  await onMonitor;
  const { number, codec } = qemuMessages.monitorEvent;
  const wire = { callback, dom, event: 'STOP', seconds: 1n, micros: 0, details: undefined };
  client.send({
    type: messageTypes.message,
    program: programs.qemu,
    procedure: number,
    payload: encode(codec, wire),
  });
  say(client, eventMessages.reboot, { callback, dom });
  for (let round = 0; round < 1_000 && seen.length < 2; round += 1) await tick();
  t.deepEqual(seen, ['STOP', 'reboot']);
  await connection.close();
});

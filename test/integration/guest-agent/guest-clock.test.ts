/** A real guest agent in a small Linux guest tells the guest's clock to the agent of its host, and sets it. */
import test from 'ava';
import { readClock, setClock } from '../../../src/guest-agent/engines/kvm-clock.ts';
import type { Connection } from '../../../src/libvirt/connection.ts';
import { agentGuestXml, writeAgentDisk } from '../libvirt/agent-guest.ts';
import { record } from '../libvirt/recorded-events.ts';
import { localServer, type Server } from '../libvirt/server.ts';

const HOUR_MS = 3_600_000;

let server: Server;
let connection: Connection;

test.before(async () => {
  server = await localServer();
  connection = await server.connect(server.qemuUri);
});

test.after.always(async () => {
  await connection?.close();
  await server?.stop();
});

test.serial("a guest's clock is told once its agent answers, and set to the host's", async (t) => {
  const signal = AbortSignal.timeout(300_000);
  const domain = await connection.domains.define(agentGuestXml(server, await writeAgentDisk(server)));
  const states = await record(connection, 'agent-lifecycle');
  await domain.start();
  t.teardown(() => domain.destroy());
  await t.throwsAsync(readClock(domain, signal), { code: 'clock.no-agent' });
  await states.first(({ state }) => state === 'connected');
  await states.stop();
  await domain.guest.setTime(Date.now() - HOUR_MS, { signal });
  const before = Date.now();
  const behind = await readClock(domain, signal);
  t.true(behind < Date.now() - HOUR_MS / 2 && behind > before - 2 * HOUR_MS, `${behind - before}`);
  await setClock(domain, signal);
  const [from, now] = [Date.now(), await readClock(domain, signal)];
  t.true(Math.abs(now - from) < HOUR_MS / 2, `${now - from}`);
  await t.throwsAsync(readClock(domain, AbortSignal.abort(new Error('enough'))), { message: 'enough' });
});

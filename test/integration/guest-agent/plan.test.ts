/** What a real libvirtd tells of a guest before it migrates, and that the guest is as it was after. */
import { randomUUID } from 'node:crypto';
import test from 'ava';
import { surveyDestination, surveySource } from '../../../src/guest-agent/engines/kvm-survey.ts';
import type { Connection } from '../../../src/libvirt/connection.ts';
import { localServer, type Server } from '../libvirt/server.ts';
import { guestXml, makeOverlay, writeBase } from '../libvirt/tiny-guest.ts';

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

test.serial('a running guest is surveyed, and goes on', async (t) => {
  const disk = await makeOverlay(server, await writeBase(server), true);
  const domain = await connection.domains.define(guestXml('web1', randomUUID(), disk));
  await domain.start();
  t.teardown(async () => {
    await domain.destroy();
    await domain.undefine(1 << 1); // with what libvirt knows of its snapshots
  });
  const survey = await surveySource(connection, domain);
  t.deepEqual(survey.stuck, []);
  t.is(survey.snapshots, 0);
  t.true((survey.residentBytes ?? 0) > 2 ** 20);
  t.is(survey.dirtyUnmeasured, null);
  t.true((survey.dirtyBytesPerSecond ?? -1) >= 0);
  t.is((await domain.state()).state, 'running');
  const { machines } = await surveyDestination(connection, 'tcg');
  t.true(machines.includes(survey.machine ?? ''), `${survey.machine} of ${machines.join()}`);
  await domain.snapshots.create('<domainsnapshot/>');
  t.is((await surveySource(connection, domain)).snapshots, 1);
});

test.serial('the machine that Blanket pins is among those of the host', async (t) => {
  t.true((await surveyDestination(connection, 'tcg')).machines.includes('pc-q35-7.2'));
});

/** Two libvirtds that do not know each other, a running domain on the first, and its moves up to perform. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import type { Connection } from '../../../src/libvirt/connection.ts';
import { migrateFlags, xmlFlags } from '../../../src/libvirt/constants.ts';
import type { Domain } from '../../../src/libvirt/domain.ts';
import { LibvirtConnectionError } from '../../../src/libvirt/errors.ts';
import { destinationFlags } from '../../../src/libvirt/migration.ts';
import type { MigrationParameters } from '../../../src/libvirt/migration-parameters.ts';
import { localServer, type Server } from './server.ts';
import { guestXml, makeOverlay, writeBase } from './tiny-guest.ts';

export const flags =
  migrateFlags.live | migrateFlags.persistDest | migrateFlags.undefineSource | migrateFlags.nonSharedInc;
export const sourceFlags = flags | migrateFlags.changeProtection;
/** The cookie of a phase that follows a failure. */
export const nothing = new Uint8Array();

export type Pair = {
  source: Server;
  destination: Server;
  here: Connection;
  there: Connection;
  domain: Domain;
  disks: { here: string; there: string };
};

/** The destination is a libvirtd of this machine, too: their QEMUs must reach each other. */
export async function openPair(source: Server): Promise<Pair> {
  const destination = await localServer();
  const disks = {
    here: await makeOverlay(source, await writeBase(source), true),
    there: await makeOverlay(destination, await writeBase(destination), false),
  };
  const here = await source.connect(source.qemuUri);
  const there = await destination.connect(destination.qemuUri);
  const domain = await here.domains.define(guestXml('traveller', randomUUID(), disks.here));
  await domain.start();
  return { source, destination, here, there, domain, disks };
}

export async function closePair({ here, there, destination }: Pair): Promise<void> {
  await Promise.all([here.close(), there.close()]);
  await destination.stop();
}

/** A domain's XML as the destination shall have it. */
export const elsewhere = ({ disks, source, destination }: Pair, xml: string): string =>
  xml.replaceAll(disks.here, disks.there).replaceAll(source.directory, destination.directory);

export const base: MigrationParameters = {
  listenAddress: '127.0.0.1',
  uri: 'tcp://127.0.0.1',
  migrateDisks: ['vda'],
};

export async function begin(pair: Pair, more: MigrationParameters = {}, moving = pair.domain) {
  const xml = elsewhere(pair, await moving.xml(xmlFlags.migratable));
  const persistentXml = elsewhere(pair, await moving.xml(xmlFlags.inactive));
  const asked = { ...base, persistentXml, destinationXml: xml, ...more };
  const begun = await moving.migration.begin({ flags: sourceFlags, parameters: asked });
  return { cookie: begun.cookie, parameters: { ...asked, destinationXml: begun.xml } };
}

/** Begin and prepare; gives what perform and the rest need. */
export async function prepare(pair: Pair, bandwidthMiBps: number, moving = pair.domain) {
  const begun = await begin(pair, { bandwidthMiBps }, moving);
  const { uri, cookie } = await pair.there.migration.prepare({ flags: destinationFlags(flags), ...begun });
  return { cookie, parameters: { ...begun.parameters, ...(uri !== undefined && { uri }) } };
}

/** Performs on a connection of its own, which closes while the disk is being copied. */
export async function performAndVanish(
  t: ExecutionContext,
  pair: Pair,
  bandwidthMiBps: number,
): Promise<MigrationParameters> {
  const { source, domain } = pair;
  const ours = await source.connect(source.qemuUri);
  const conducted = ours.domain(domain.handle);
  const { cookie, parameters } = await prepare(pair, bandwidthMiBps, conducted);
  const performing = conducted.migration.perform({ flags: sourceFlags, parameters, cookie });
  const outcome = t.throwsAsync(performing, { instanceOf: LibvirtConnectionError });
  while (((await domain.jobStats()).disk.processedBytes ?? 0) === 0) await sleep(50);
  await ours.close();
  t.is((await outcome)?.reason, 'closed');
  return { ...parameters, destinationName: domain.name };
}

export async function cancelThere(
  t: ExecutionContext,
  { there }: Pair,
  parameters: MigrationParameters,
): Promise<void> {
  const last = { flags: destinationFlags(flags), cookie: nothing, cancelled: true };
  await there.migration.finish({ ...last, parameters });
  t.deepEqual(await there.domains.list(), []);
}
